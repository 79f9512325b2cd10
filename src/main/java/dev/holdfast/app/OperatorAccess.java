package dev.holdfast.app;

import dev.holdfast.api.Names;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;

/**
 * Checks whether a standby replica could be active. A replica starts its watches only when it is active, which saves resources of
 * itself and of the API server; but a rolling update must stop at the first replica that lacks a role or a CRD.
 */
final class OperatorAccess {
    private static final ListOptions ONE =
            new ListOptionsBuilder().withLimit(1L).build();

    private OperatorAccess() {}

    /**
     * Lists one object of each kind that the operator watches.
     *
     * @throws io.fabric8.kubernetes.client.KubernetesClientException when the API server refuses
     */
    static void check(KubernetesClient client) {
        client.resources(PassthroughVM.class).inAnyNamespace().list(ONE);
        client.resources(PassthroughNode.class).list(ONE);
        client.persistentVolumeClaims().inAnyNamespace().list(ONE);
        client.pods().inAnyNamespace().withLabel(Names.VM_POD_LABEL, "true").list(ONE);
    }
}
