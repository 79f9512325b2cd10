package dev.holdfast.app;

import dev.holdfast.api.Names;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.reconcile.ClaimSources;
import io.fabric8.kubernetes.api.model.ListOptions;
import io.fabric8.kubernetes.api.model.ListOptionsBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaim;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceClaimTemplate;
import io.fabric8.kubernetes.api.model.resource.v1.ResourceSlice;
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
        if (ClaimSources.areServed(client)) {
            client.resources(DeviceClass.class).list(ONE);
            client.resources(ResourceSlice.class).list(ONE);
            client.resources(ResourceClaim.class).inAnyNamespace().list(ONE);
            client.resources(ResourceClaimTemplate.class).inAnyNamespace().list(ONE);
        }
    }
}
