package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's caches: what is left of the objects after {@link dev.holdfast.reconcile.cache.TrimmingJsonFactory} has
 * read them, and less where the object itself tells that nobody will ask.
 */
public final class TrimmedItemStore {
    /**
     * Objects for each answer while a cache is filled. The client holds an answer whole before it reads it, twice for a
     * moment, and etcd takes objects of 1.5 MiB; several caches are filled at once.
     */
    public static final long LIST_LIMIT = 20;

    private static final String OWNER = HasMetadata.getKind(PassthroughVM.class);

    private static final Logger log = LoggerFactory.getLogger(TrimmedItemStore.class);

    private TrimmedItemStore() {}

    /** A new, empty store for one watch. */
    public static <R extends HasMetadata> ItemStore<R> create() {
        return new TransformingItemStore<>(object -> withoutManagedFields(noted(object)));
    }

    /** The reports of the agents. Of one that cannot be decoded only the grants count, which keep a second QEMU away. */
    static ItemStore<PassthroughNode> ofNodes() {
        return new TransformingItemStore<>(node -> withoutManagedFields(grantsOnly(noted(node))));
    }

    /** Those of VMs. Whoever may make pods may give them the label, and 256 KiB of whatever: of these a name is kept. */
    static ItemStore<Pod> ofPods() {
        return new TransformingItemStore<>(pod -> ownedOrBare(noted(pod)));
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
