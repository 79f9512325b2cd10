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
 * What of a pod decides a grant.
 *
 * @param node          the name of the node it is on; empty for none yet
 * @param deleted       whether it is being deleted
 * @param vmController  the UID of the PassthroughVM that controls it; null for none
 * @param containers    how many it has, ephemeral and init containers among them
 * @param containerId   of QEMU's, without the runtime's name before it; null until the kubelet has reported it
 * @param deviceLimits  what QEMU's container may have of each of our resources
 */
public record PodFacts(
        String uid,
        String node,
        boolean deleted,
        @Nullable String vmController,
        int containers,
        @Nullable String containerId,
        Map<String, Long> deviceLimits) {
    public PodFacts {
        deviceLimits = Map.copyOf(deviceLimits);
    }

    /** Reads a pod as the API server sends it. */
    public static PodFacts read(JsonParser pod) throws IOException {
        Reader reader = new Reader();
        JsonFields.read(pod, reader::pod);
        return reader.facts();
    }

    private static final class Reader {
        private static final int LONGEST = 253;
        /** Of other containers nothing is kept; a pod of ours has one or a few. */
        private static final int MOST_RESOURCES = 64;

        private ObjectMeta metadata = new ObjectMeta("", false, List.of());
        private String node = "";
        private int containers;
        private @Nullable String containerId;
        private Map<String, Long> deviceLimits = Map.of();

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
                case "nodeName" -> node = Objects.requireNonNullElse(JsonFields.text(json, LONGEST), "");
                case "initContainers", "ephemeralContainers" -> JsonFields.each(json, container -> containers++);
                case "containers" ->
                    JsonFields.each(json, container -> {
                        containers++;
                        container(container);
                    });
                default -> {}
            }
        }

        /** The name may come after what it decides about. */
        private void container(JsonParser json) throws IOException {
            Map<String, Long> limits = new HashMap<>();
            boolean[] qemus = {false};
            JsonFields.read(json, (field, value) -> {
                switch (field) {
                    case "name" -> qemus[0] = isQemus(value);
                    case "resources" ->
                        JsonFields.read(value, (part, quantities) -> {
                            if (part.equals("limits")) {
                                JsonFields.read(quantities, (resource, quantity) -> limit(limits, resource, quantity));
                            }
                        });
                    default -> {}
                }
            });
            if (qemus[0]) {
                deviceLimits = limits;
            }
        }

        private static void limit(Map<String, Long> limits, String resource, JsonParser json) throws IOException {
            if (!resource.startsWith(Names.RESOURCE_PREFIX)) {
                return;
            }
            String text = JsonFields.text(json, LONGEST);
            if (text == null || limits.size() == MOST_RESOURCES || resource.length() > LONGEST) {
                throw new ApiServerException("found a pod with limits that no pod of a VM has");
            }
            try {
                limits.put(resource, Quantity.parse(text).getNumericalAmount().longValueExact());
            } catch (IllegalArgumentException | ArithmeticException e) {
                throw new ApiServerException("found the limit \"" + text + "\" of devices, a whole number is required");
            }
        }

        private void status(String field, JsonParser json) throws IOException {
            if (field.equals("containerStatuses")) {
                JsonFields.each(json, this::containerStatus);
            }
        }

        private void containerStatus(JsonParser json) throws IOException {
            @Nullable String[] id = {null};
            boolean[] qemus = {false};
            JsonFields.read(json, (field, value) -> {
                switch (field) {
                    case "name" -> qemus[0] = isQemus(value);
                    case "containerID" -> id[0] = JsonFields.text(value, LONGEST);
                    default -> {}
                }
            });
            String found = id[0];
            if (qemus[0] && found != null && !found.isBlank()) {
                // containerd://<id>
                containerId = found.substring(found.lastIndexOf('/') + 1);
            }
        }

        private static boolean isQemus(JsonParser name) throws IOException {
            return Names.QEMU_CONTAINER.equals(JsonFields.text(name, LONGEST));
        }

        PodFacts facts() {
            return new PodFacts(
                    metadata.uid(), node, metadata.deleted(), vmController(), containers, containerId, deviceLimits);
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
