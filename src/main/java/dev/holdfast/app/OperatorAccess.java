package dev.holdfast.app;

import dev.holdfast.api.Names;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;

/**
 * Whether a replica that stands by could work. Its watches begin only when it leads, so that it costs neither itself nor
 * the API server anything; but a rolling update must stop at a replica that lacks a role or a CRD, and not at the last.
 */
final class OperatorAccess {
    private static final ListOptions ONE =
            new ListOptionsBuilder().withLimit(1L).build();

    private OperatorAccess() {}

    /**
     * Lists one of everything that the operator watches.
     *
     * @throws io.fabric8.kubernetes.client.KubernetesClientException when the API server does not let it
     */
    static void check(KubernetesClient client) {
        client.resources(PassthroughVM.class).inAnyNamespace().list(ONE);
        client.resources(PassthroughNode.class).list(ONE);
        client.persistentVolumeClaims().inAnyNamespace().list(ONE);
        client.pods().inAnyNamespace().withLabel(Names.VM_POD_LABEL, "true").list(ONE);
    }
}
