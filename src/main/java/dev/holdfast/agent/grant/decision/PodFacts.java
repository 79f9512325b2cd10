package dev.holdfast.agent.grant.decision;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.agent.apiserver.ApiServerException;
import dev.holdfast.agent.apiserver.JsonFields;
import dev.holdfast.agent.apiserver.ObjectMeta;
import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.Quantity;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Facts of a pod that decide about a grant.
 *
 * @param node         name of its node; empty when it has none yet
 * @param deleted      whether it is being deleted
 * @param vmController UID of the PassthroughVM that controls it; null for none
 * @param containers   number of containers, including ephemeral and init containers
 * @param containerId  ID of QEMU's container, without the name of the runtime; null until the kubelet has reported it
 * @param deviceLimits limits of QEMU's container for each resource of Holdfast
 * @param claims       its ResourceClaims
 */
public record PodFacts(
        String uid,
        String node,
        boolean deleted,
        @Nullable String vmController,
        int containers,
        @Nullable String containerId,
        Map<String, Long> deviceLimits,
        PodClaims claims) {
    public PodFacts {
        deviceLimits = Map.copyOf(deviceLimits);
    }

    /** Reads a pod in the JSON of the API server. */
    public static PodFacts read(JsonParser pod) throws IOException {
        Reader reader = new Reader();
        JsonFields.read(pod, reader::pod);
        return reader.facts();
    }

    private static final class Reader {
        private static final int MAX_LENGTH = 253;
        /** Nothing of other containers is kept; a VM pod has one or a few resources of Holdfast. */
        private static final int MAX_RESOURCES = 64;

        private ObjectMeta metadata = new ObjectMeta("", false, List.of());
        private String node = "";
        private int containers;
        private @Nullable String containerId;
        private Map<String, Long> deviceLimits = Map.of();
        private final PodClaims.Reader claims = new PodClaims.Reader();

        void pod(String field, JsonParser json) throws IOException {
            switch (field) {
                case "metadata" -> metadata = ObjectMeta.of(json);
                case "spec" -> JsonFields.read(json, this::spec);
                case "status" -> JsonFields.read(json, this::status);
                default -> {}
            }
        }

        private void spec(String field, JsonParser json) throws IOException {
            switch (field) {
                case "resourceClaims" -> claims.names(json);
                case "nodeName" -> node = Objects.requireNonNullElse(JsonFields.text(json, MAX_LENGTH), "");
                case "initContainers", "ephemeralContainers" -> JsonFields.each(json, container -> containers++);
                case "containers" ->
                    JsonFields.each(json, container -> {
                        containers++;
                        container(container);
                    });
                default -> {}
            }
        }

        /** Reads a container. Its name may come after the limits. */
        private void container(JsonParser json) throws IOException {
            Map<String, Long> limits = new HashMap<>();
            boolean[] isQemu = {false};
            JsonFields.read(json, (field, value) -> {
                switch (field) {
                    case "name" -> isQemu[0] = isQemuContainer(value);
                    case "resources" ->
                        JsonFields.read(value, (part, quantities) -> {
                            if (part.equals("limits")) {
                                JsonFields.read(quantities, (resource, quantity) -> limit(limits, resource, quantity));
                            }
                        });
                    default -> {}
                }
            });
            if (isQemu[0]) {
                deviceLimits = limits;
            }
        }

        private static void limit(Map<String, Long> limits, String resource, JsonParser json) throws IOException {
            if (!resource.startsWith(Names.RESOURCE_PREFIX)) {
                return;
            }
            String text = JsonFields.text(json, MAX_LENGTH);
            if (text == null || limits.size() == MAX_RESOURCES || resource.length() > MAX_LENGTH) {
                throw new ApiServerException("pod with invalid limits; at most " + MAX_RESOURCES
                        + " resources of Holdfast are allowed, each with a name of at most " + MAX_LENGTH
                        + " characters and a value");
            }
            try {
                limits.put(resource, Quantity.parse(text).getNumericalAmount().longValueExact());
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw new ApiServerException("limit \"" + text + "\" of devices is invalid; must be a whole number");
            }
        }

        private void status(String field, JsonParser json) throws IOException {
            switch (field) {
                case "containerStatuses" -> JsonFields.each(json, this::containerStatus);
                case "resourceClaimStatuses" -> claims.names(json);
                case "extendedResourceClaimStatus" -> claims.extended(json);
                default -> {}
            }
        }

        private void containerStatus(JsonParser json) throws IOException {
            @Nullable String[] id = {null};
            boolean[] isQemu = {false};
            JsonFields.read(json, (field, value) -> {
                switch (field) {
                    case "name" -> isQemu[0] = isQemuContainer(value);
                    case "containerID" -> id[0] = JsonFields.text(value, MAX_LENGTH);
                    default -> {}
                }
            });
            String found = id[0];
            if (isQemu[0] && found != null && !found.isBlank()) {
                // containerd://<id>
                containerId = found.substring(found.lastIndexOf('/') + 1);
            }
        }

        private static boolean isQemuContainer(JsonParser name) throws IOException {
            return Names.QEMU_CONTAINER.equals(JsonFields.text(name, MAX_LENGTH));
        }

        PodFacts facts() {
            return new PodFacts(
                    metadata.uid(),
                    node,
                    metadata.deleted(),
                    vmController(),
                    containers,
                    containerId,
                    deviceLimits,
                    claims.claims());
        }

        private @Nullable String vmController() {
            return metadata.owners().stream()
                    .filter(ObjectMeta.Owner::controller)
                    .filter(owner -> owner.kind().equals(PassthroughVM.class.getSimpleName()))
                    .filter(owner -> owner.apiVersion().startsWith(Names.GROUP + "/"))
                    .map(ObjectMeta.Owner::uid)
                    .findFirst()
                    .orElse(null);
        }
    }
}
