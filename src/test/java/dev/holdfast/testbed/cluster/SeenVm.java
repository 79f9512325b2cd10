package dev.holdfast.testbed.cluster;

import io.fabric8.kubernetes.client.utils.Serialization;

/** A VM that an operator has reconciled once: before that, the first write of any client stores the default status. */
public final class SeenVm {
    private SeenVm() {}

    public static void mark(RealCluster cluster, String namespace, String name) {
        JsonPatch.setStatus(
                cluster.operatorOnce(),
                "/apis/holdfast.dev/v1alpha1/namespaces/%s/passthroughvms/%s".formatted(namespace, name),
                "",
                Serialization.jsonMapper().createObjectNode().put("observedGeneration", 1));
    }
}
