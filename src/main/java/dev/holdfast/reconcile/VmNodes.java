package dev.holdfast.reconcile;

import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.plan.observed.InspectedNode;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads nodes and their reports from the API server, without a cache. */
final class VmNodes {
    private VmNodes() {}

    static Map<String, InspectedNode> inspect(KubernetesClient client, Set<String> names) {
        return names.stream().collect(Collectors.toMap(Function.identity(), name -> inspect(client, name)));
    }

    private static InspectedNode inspect(KubernetesClient client, String name) {
        return InspectedNode.of(
                Optional.ofNullable(client.nodes().withName(name).get()),
                Optional.ofNullable(
                        client.resources(PassthroughNode.class).withName(name).get()));
    }
}
