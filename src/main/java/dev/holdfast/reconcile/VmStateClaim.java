package dev.holdfast.reconcile;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.pod.StateClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.net.HttpURLConnection;
import java.util.Optional;

/** The claim for what of a VM outlives its pods, at the API server itself: it is looked at once for each new pod. */
final class VmStateClaim {
    private final KubernetesClient client;

    VmStateClaim(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Makes the claim by a plain create when there is none; nothing changes one that exists.
     *
     * @return the claim of that name that the VM cannot use: somebody else's, or one that is being deleted; empty when its
     *     own is there
     */
    Optional<PersistentVolumeClaim> ensure(PassthroughVM vm, PersistentVolumeClaim claim) {
        Resource<PersistentVolumeClaim> resource = client.persistentVolumeClaims()
                .inNamespace(claim.getMetadata().getNamespace())
                .withName(claim.getMetadata().getName());
        PersistentVolumeClaim there = resource.get();
        if (there == null) {
            try {
                client.resource(claim).create();
                return Optional.empty();
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                there = resource.get();
                if (there == null) {
                    throw e;
                }
            }
        }
        boolean usable = StateClaim.isOf(vm, there) && there.getMetadata().getDeletionTimestamp() == null;
        return usable ? Optional.empty() : Optional.of(there);
    }
}
