package dev.holdfast.agent.dra;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.agent.apiserver.JsonFields;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Facts of a ResourceClaim that decide about its devices.
 *
 * @param podClaimName name of the claim in the pod that it was made for from a template; null for other claims
 * @param allocated    whether the scheduler has allocated devices to it
 * @param results      allocated devices, of all drivers
 * @param pods         UIDs of the pods that may use it
 */
public record ClaimFacts(
        String uid, @Nullable String podClaimName, boolean allocated, List<Result> results, List<String> pods) {
    public ClaimFacts {
        results = List.copyOf(results);
        pods = List.copyOf(pods);
    }

    /**
     * Allocated device.
     *
     * @param request     request of the claim; for one of several alternatives {@code request/alternative}
     * @param adminAccess whether the device is only observed, beside the pod that has it
     */
    public record Result(String request, String driver, String pool, String device, boolean adminAccess) {
        /** Returns the name of the request without that of the alternative. */
        public String mainRequest() {
            int slash = request.indexOf('/');
            return slash < 0 ? request : request.substring(0, slash);
        }
    }

    /** Reads a claim in the JSON of the API server. The authors of claims are not trusted. */
    public static ClaimFacts read(JsonParser claim) throws IOException {
        Reader reader = new Reader();
        JsonFields.read(claim, reader::claim);
        return new ClaimFacts(reader.uid, reader.podClaimName, reader.allocated, reader.results, reader.pods);
    }

    private static final class Reader {
        /** Limit of Kubernetes for names, UIDs and drivers. */
        private static final int MAX_LENGTH = 253;
        /** Limit of Kubernetes (AllocationResultsMaxSize). */
        private static final int MAX_RESULTS = 32;
        /** Limit of Kubernetes (ResourceClaimReservedForMaxSize). */
        private static final int MAX_PODS = 256;

        /** Annotation of the controller that makes claims from templates. */
        private static final String POD_CLAIM_NAME = "resource.kubernetes.io/pod-claim-name";

        private String uid = "";
        private @Nullable String podClaimName;
        private boolean allocated;
        private List<Result> results = List.of();
        private List<String> pods = List.of();

        void claim(String field, JsonParser json) throws IOException {
            switch (field) {
                case "metadata" -> JsonFields.read(json, this::metadata);
                case "status" -> JsonFields.read(json, this::status);
                default -> {}
            }
        }

        private void metadata(String field, JsonParser json) throws IOException {
            switch (field) {
                case "uid" -> uid = text(json);
                case "annotations" ->
                    JsonFields.read(json, (name, value) -> {
                        if (name.equals(POD_CLAIM_NAME)) {
                            String text = text(value);
                            podClaimName = DeviceMetadataFiles.isName(text) ? text : null;
                        }
                    });
                default -> {}
            }
        }

        private void status(String field, JsonParser json) throws IOException {
            switch (field) {
                case "allocation" -> JsonFields.read(json, this::allocation);
                case "reservedFor" -> pods = JsonFields.list(json, MAX_PODS, Reader::pod);
                default -> {}
            }
        }

        private void allocation(String field, JsonParser json) throws IOException {
            allocated = true;
            if (field.equals("devices")) {
                JsonFields.read(json, (part, value) -> {
                    if (part.equals("results")) {
                        results = JsonFields.list(value, MAX_RESULTS, Reader::result);
                    }
                });
            }
        }

        private static Result result(JsonParser json) throws IOException {
            String[] texts = {"", "", "", ""};
            boolean[] admin = {false};
            JsonFields.read(json, (field, value) -> {
                switch (field) {
                    case "request" -> texts[0] = text(value);
                    case "driver" -> texts[1] = text(value);
                    case "pool" -> texts[2] = text(value);
                    case "device" -> texts[3] = text(value);
                    case "adminAccess" -> admin[0] = JsonFields.flag(value);
                    default -> {}
                }
            });
            return new Result(texts[0], texts[1], texts[2], texts[3], admin[0]);
        }

        private static String pod(JsonParser json) throws IOException {
            String[] uid = {""};
            JsonFields.read(json, (field, value) -> {
                if (field.equals("uid")) {
                    uid[0] = text(value);
                }
            });
            return uid[0];
        }

        private static String text(JsonParser json) throws IOException {
            return Objects.requireNonNullElse(JsonFields.text(json, MAX_LENGTH), "");
        }
    }
}
