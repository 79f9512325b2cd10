package dev.holdfast.agent.grant;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughVM;
import io.fabric8.kubernetes.api.model.Quantity;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * What of a pod decides a grant.
 *
 * @param node          the name of the node it is on; empty for none yet
 * @param deleted       whether it is being deleted
 * @param vmController  the UID of the PassthroughVM that controls it; null for none
 * @param qosClass      null as long as the kubelet has not told
 * @param containers    how many it has, ephemeral and init containers among them
 * @param containerId   of QEMU's, without the runtime's name before it; null as long as the kubelet has not told
 * @param deviceLimits  what QEMU's container may have of each of our resources
 */
record PodFacts(
        String uid,
        String node,
        boolean deleted,
        @Nullable String vmController,
        @Nullable String qosClass,
        int containers,
        @Nullable String containerId,
        Map<String, Long> deviceLimits) {
    PodFacts {
        deviceLimits = Map.copyOf(deviceLimits);
    }

    /** Of a pod as the API server tells it. */
    static PodFacts of(JsonNode pod) {
        JsonNode metadata = pod.path("metadata");
        JsonNode spec = pod.path("spec");
        JsonNode status = pod.path("status");
        return new PodFacts(
                metadata.path("uid").asText(),
                spec.path("nodeName").asText(),
                metadata.hasNonNull("deletionTimestamp"),
                vmController(metadata.path("ownerReferences")).orElse(null),
                status.path("qosClass").asText(null),
                Stream.of("containers", "initContainers", "ephemeralContainers")
                        .mapToInt(kind -> spec.path(kind).size())
                        .sum(),
                containerId(status.path("containerStatuses")).orElse(null),
                deviceLimits(spec.path("containers")));
    }

    private static Optional<String> vmController(JsonNode owners) {
        return each(owners)
                .filter(owner -> owner.path("controller").asBoolean())
                .filter(owner -> owner.path("kind").asText().equals(PassthroughVM.class.getSimpleName()))
                .filter(owner -> owner.path("apiVersion").asText().startsWith(Names.GROUP + "/"))
                .map(owner -> owner.path("uid").asText())
                .findFirst();
    }

    /** {@code containerd://<id>} without what is before the ID. */
    private static Optional<String> containerId(JsonNode statuses) {
        return qemu(statuses)
                .map(status -> status.path("containerID").asText())
                .filter(id -> !id.isBlank())
                .map(id -> id.substring(id.lastIndexOf('/') + 1));
    }

    private static Map<String, Long> deviceLimits(JsonNode containers) {
        Map<String, Long> limits = new HashMap<>();
        qemu(containers).map(container -> container.path("resources").path("limits")).stream()
                .flatMap(all -> all.properties().stream())
                .filter(limit -> limit.getKey().startsWith(Names.GROUP + "/"))
                .forEach(limit -> limits.put(
                        limit.getKey(),
                        Quantity.parse(limit.getValue().asText())
                                .getNumericalAmount()
                                .longValue()));
        return limits;
    }

    private static Optional<JsonNode> qemu(JsonNode containers) {
        return each(containers)
                .filter(container -> container.path("name").asText().equals(Names.QEMU_CONTAINER))
                .findFirst();
    }

    private static Stream<JsonNode> each(JsonNode list) {
        return StreamSupport.stream(Objects.requireNonNull(list).spliterator(), false);
    }
}
