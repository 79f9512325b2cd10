package dev.holdfast.reconcile;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.pod.StateClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.net.HttpURLConnection;
import java.util.Optional;

/** Creates the claim for a VM's state. It is read from the API server, once for each new pod. */
final class VmStateClaim {
    private final KubernetesClient client;

    VmStateClaim(KubernetesClient client) {
        this.client = client;
    }

    /**
     * Creates the claim if it does not exist; an existing one is not changed.
     *
     * @return the claim of that name that the VM cannot use, because it has another owner or is being deleted; empty when
     *     the VM's own claim exists
     */
    Optional<PersistentVolumeClaim> ensure(PassthroughVM vm, PersistentVolumeClaim claim) {
        Resource<PersistentVolumeClaim> resource = client.persistentVolumeClaims()
                .inNamespace(claim.getMetadata().getNamespace())
                .withName(claim.getMetadata().getName());
        PersistentVolumeClaim existing = resource.get();
        if (existing == null) {
            try {
                client.resource(claim).create();
                return Optional.empty();
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
                    throw e;
                }
                existing = resource.get();
                if (existing == null) {
                    throw e;
                }
            }
        }
        boolean usable = StateClaim.isOf(vm, existing) && existing.getMetadata().getDeletionTimestamp() == null;
        return usable ? Optional.empty() : Optional.of(existing);
    }
}
