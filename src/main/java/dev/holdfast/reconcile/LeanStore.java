package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.PassthroughVM;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import java.util.List;

/**
 * The operator's caches: what is left of the objects after {@link dev.holdfast.reconcile.cache.TrimmingJsonFactory} has
 * read them, and less where the object itself tells that nobody will ask.
 */
public final class LeanStore {
    /**
     * Objects for each answer while a cache is filled. The client holds an answer whole before it reads it, twice for a
     * moment, and etcd takes objects of 1.5 MiB; several caches are filled at once.
     */
    public static final long LIST_LIMIT = 20;

    private static final String OWNER = HasMetadata.getKind(PassthroughVM.class);

    private LeanStore() {}

    /** A new, empty store for one watch. */
    public static <R extends HasMetadata> ItemStore<R> create() {
        return new TransformingItemStore<>(LeanStore::withoutManagedFields);
    }

    /** Those of VMs. Whoever may make pods may give them the label, and 256 KiB of whatever: of these a name is kept. */
    static ItemStore<Pod> ofPods() {
        return new TransformingItemStore<>(LeanStore::ownedOrBare);
    }

    private static Pod ownedOrBare(Pod pod) {
        List<OwnerReference> controller = pod.getMetadata().getOwnerReferences().stream()
                .filter(owner -> Boolean.TRUE.equals(owner.getController())
                        && OWNER.equals(owner.getKind())
                        && owner.getApiVersion().startsWith(Names.RESOURCE_PREFIX))
                .toList();
        if (controller.isEmpty()) {
            return new PodBuilder()
                    .withNewMetadata()
                    .withNamespace(pod.getMetadata().getNamespace())
                    .withName(pod.getMetadata().getName())
                    .withUid(pod.getMetadata().getUid())
                    .withResourceVersion(pod.getMetadata().getResourceVersion())
                    .endMetadata()
                    .build();
        }
        pod.getMetadata().setOwnerReferences(controller);
        return withoutManagedFields(pod);
    }

    /** What the operator asks of claims: little of them, and a cluster may have many. */
    static ItemStore<PersistentVolumeClaim> ofClaims() {
        return new TransformingItemStore<>(LeanStore::bare);
    }

    private static PersistentVolumeClaim bare(PersistentVolumeClaim claim) {
        return new PersistentVolumeClaimBuilder()
                .withNewMetadata()
                .withNamespace(claim.getMetadata().getNamespace())
                .withName(claim.getMetadata().getName())
                .withUid(claim.getMetadata().getUid())
                .withResourceVersion(claim.getMetadata().getResourceVersion())
                .withDeletionTimestamp(claim.getMetadata().getDeletionTimestamp())
                .endMetadata()
                .withNewSpec()
                .withVolumeMode(claim.getSpec() == null ? null : claim.getSpec().getVolumeMode())
                .endSpec()
                .withNewStatus()
                .withPhase(claim.getStatus() == null ? null : claim.getStatus().getPhase())
                .endStatus()
                .build();
    }

    private static <R extends HasMetadata> R withoutManagedFields(R object) {
        object.getMetadata().setManagedFields(List.of());
        return object;
    }
}
