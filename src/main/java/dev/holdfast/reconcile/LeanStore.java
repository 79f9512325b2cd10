package dev.holdfast.reconcile;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import java.util.List;

/** The operator's caches, without the managedFields, which nobody asks for and which were the bigger part by far. */
public final class LeanStore {
    /** Objects for each answer while a cache is filled: a bound to what is held at once with its managedFields. */
    public static final long LIST_LIMIT = 500;

    private LeanStore() {}

    /** A new, empty store for one watch. */
    public static <R extends HasMetadata> ItemStore<R> create() {
        return new TransformingItemStore<>(LeanStore::withoutManagedFields);
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
