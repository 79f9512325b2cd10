package dev.holdfast.agent.grant.decision;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.JsonFields;
import dev.holdfast.agent.apiserver.ObjectMeta;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.api.vm.devices.HostDevice;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Facts of a VM that decide about a grant.
 *
 * @param deleted          whether it is being deleted
 * @param devices          devices of its current spec: the GPUs, then the host devices
 * @param mainFunctionOnly whether the guest has an IOMMU, and so gets the main function of each group
 * @param podName          pod that its status names; null for none
 * @param podUid           UID of the pod that its plan is bound to; null for none
 * @param memlock          plan, without its terms; null for none
 */
public record VmFacts(
        String uid,
        boolean deleted,
        List<HostDevice> devices,
        boolean mainFunctionOnly,
        @Nullable String podName,
        @Nullable String podUid,
        @Nullable Memlock memlock) {
    public VmFacts {
        devices = List.copyOf(devices);
    }

    /** Reads a VM in the JSON of the API server. */
    public static VmFacts read(JsonParser vm) throws IOException {
        Reader reader = new Reader();
        JsonFields.read(vm, reader::vm);
        return reader.facts();
    }

    private static final class Reader {
        private static final int MAX_LENGTH = 253;
        /** Maximum of the schema for each kind. */
        private static final int MAX_DEVICES = 32;

        private ObjectMeta metadata = new ObjectMeta("", false, List.of());
        private List<HostDevice> gpus = List.of();
        private List<HostDevice> hostDevices = List.of();
        private boolean mainFunctionOnly;
        private @Nullable String podName;
        private @Nullable String podUid;
        private @Nullable Memlock memlock;

        void vm(String field, JsonParser json) throws IOException {
            switch (field) {
                case "metadata" -> metadata = ObjectMeta.of(json);
                case "spec" ->
                    JsonFields.read(json, (part, value) -> {
                        if (part.equals("devices")) {
                            JsonFields.read(value, this::devices);
                        }
                    });
                case "status" -> JsonFields.read(json, this::status);
                default -> {}
            }
        }

        private void devices(String field, JsonParser json) throws IOException {
            switch (field) {
                case "gpus" -> gpus = JsonFields.list(json, MAX_DEVICES, Reader::device);
                case "hostDevices" -> hostDevices = JsonFields.list(json, MAX_DEVICES, Reader::device);
                case "iommu" -> mainFunctionOnly = json.currentToken().isStructStart();
                default -> {}
            }
        }

        private static HostDevice device(JsonParser json) throws IOException {
            @Nullable String[] texts = new @Nullable String[4];
            JsonFields.read(json, (field, value) -> {
                switch (field) {
                    case "name" -> texts[0] = JsonFields.text(value, MAX_LENGTH);
                    case "deviceName" -> texts[1] = JsonFields.text(value, MAX_LENGTH);
                    case "claimName" -> texts[2] = JsonFields.text(value, MAX_LENGTH);
                    case "requestName" -> texts[3] = JsonFields.text(value, MAX_LENGTH);
                    default -> {}
                }
            });
            return new HostDevice(Objects.requireNonNullElse(texts[0], ""), texts[1], texts[2], texts[3]);
        }

        private void status(String field, JsonParser json) throws IOException {
            switch (field) {
                case "podName" -> podName = JsonFields.text(json, MAX_LENGTH);
                case "podUID" -> podUid = JsonFields.text(json, MAX_LENGTH);
                case "memlock" -> {
                    if (json.currentToken().isStructStart()) {
                        memlock = memlock(json);
                    }
                }
                default -> {}
            }
        }

        private static Memlock memlock(JsonParser json) throws IOException {
            Plan plan = new Plan();
            JsonFields.read(json, plan::field);
            return plan.memlock();
        }

        VmFacts facts() {
            List<HostDevice> all = new ArrayList<>(gpus);
            all.addAll(hostDevices);
            return new VmFacts(metadata.uid(), metadata.deleted(), all, mainFunctionOnly, podName, podUid, memlock);
        }
    }

    private static final class Plan {
        private static final int MAX_POLICY_LENGTH = 63;

        private String policy = "";
        private @Nullable Long requiredBytes;
        private @Nullable Long marginBytes;
        private @Nullable Long limitBytes;
        private @Nullable Long maxBytes;
        private boolean unlimited;
        private @Nullable Long addressSpaces;

        void field(String field, JsonParser json) throws IOException {
            switch (field) {
                case "policy" -> policy = Objects.requireNonNullElse(JsonFields.text(json, MAX_POLICY_LENGTH), "");
                case "requiredBytes" -> requiredBytes = JsonFields.number(json);
                case "marginBytes" -> marginBytes = JsonFields.number(json);
                case "limitBytes" -> limitBytes = JsonFields.number(json);
                case "maxBytes" -> maxBytes = JsonFields.number(json);
                case "unlimited" -> unlimited = JsonFields.flag(json);
                case "addressSpaces" -> addressSpaces = JsonFields.number(json);
                default -> {}
            }
        }

        Memlock memlock() throws ApiServerException {
            if (requiredBytes == null || marginBytes == null) {
                throw new ApiServerException("memlock plan without requiredBytes or marginBytes; both are required");
            }
            return new Memlock(
                    policy,
                    requiredBytes,
                    marginBytes,
                    limitBytes,
                    maxBytes,
                    unlimited,
                    addressSpaces == null ? 0 : (int) Math.min(addressSpaces, Integer.MAX_VALUE),
                    null,
                    null,
                    null,
                    null);
        }
    }
}
