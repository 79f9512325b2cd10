package dev.holdfast.reconcile;

import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughNodeStatus;
import dev.holdfast.api.Undecodable;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The operator's caches, without the managedFields, which nobody asks for and which were the bigger part by far. */
public final class LeanStore {
    /** Objects for each answer while a cache is filled: a bound to what is held at once with its managedFields. */
    public static final long LIST_LIMIT = 500;

    private static final Logger log = LoggerFactory.getLogger(LeanStore.class);

    private LeanStore() {}

    /** A new, empty store for one watch. */
    public static <R extends HasMetadata> ItemStore<R> create() {
        return new TransformingItemStore<>(object -> withoutManagedFields(noted(object)));
    }

    /** The reports of the agents. Of one that cannot be decoded only the grants count, which keep a second QEMU away. */
    static ItemStore<PassthroughNode> ofNodes() {
        return new TransformingItemStore<>(node -> withoutManagedFields(grantsOnly(noted(node))));
    }

    /** What the operator asks of claims: little of them, and a cluster may have many. */
    static ItemStore<PersistentVolumeClaim> ofClaims() {
        return new TransformingItemStore<>(claim -> bare(noted(claim)));
    }

    private static PersistentVolumeClaim bare(PersistentVolumeClaim claim) {
        PersistentVolumeClaim bare = new PersistentVolumeClaimBuilder()
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
        Undecodable.mark(bare, Undecodable.faults(claim));
        return bare;
    }

    private static PassthroughNode grantsOnly(PassthroughNode node) {
        PassthroughNodeStatus status = node.getStatus();
        if (Undecodable.is(node) && status != null) {
            node.setStatus(new PassthroughNodeStatus(status.bootID(), null, null, status.grants()));
        }
        return node;
    }

    /** Logs what could not be decoded, whenever such an object comes or changes. */
    private static <R extends HasMetadata> R noted(R object) {
        if (Undecodable.is(object)) {
            log.atWarn()
                    .addKeyValue("kind", object.getKind())
                    .addKeyValue("name", name(object))
                    .addKeyValue("error", Undecodable.text(object))
                    .log("object cannot be decoded; it is left out");
        }
        return object;
    }

    private static String name(HasMetadata object) {
        String namespace = object.getMetadata().getNamespace();
        return (namespace == null ? "" : namespace + "/") + object.getMetadata().getName();
    }

    private static <R extends HasMetadata> R withoutManagedFields(R object) {
        object.getMetadata().setManagedFields(List.of());
        return object;
    }
}
