package dev.holdfast.reconcile;

import dev.holdfast.api.Names;
import dev.holdfast.api.Undecodable;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.text.LogKeys;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaim;
import io.fabric8.kubernetes.api.model.PersistentVolumeClaimBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.resource.v1.DeviceClass;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import io.javaoperatorsdk.operator.processing.event.source.informer.TransformingItemStore;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The operator's caches. They hold the objects as {@link dev.holdfast.reconcile.cache.TrimmingJsonFactory} has parsed them,
 * and even less of objects whose content is not used.
 */
public final class TrimmedItemStore {
    /**
     * Objects per answer while a cache is filled. The client keeps a whole answer in memory before it parses it, for a short time
     * twice, and etcd accepts objects of 1.5 MiB; several caches are filled at the same time.
     */
    public static final long LIST_LIMIT = 20;

    private static final String OWNER = HasMetadata.getKind(PassthroughVM.class);

    private static final Logger log = LoggerFactory.getLogger(TrimmedItemStore.class);

    private TrimmedItemStore() {}

    /** Makes an empty store for one watch. */
    public static <R extends HasMetadata> ItemStore<R> create() {
        return new TransformingItemStore<>(object -> withoutManagedFields(logged(object)));
    }

    /** Makes a store of the agents' reports. For one that cannot be decoded it keeps only the grants, which prevent a second QEMU. */
    static ItemStore<PassthroughNode> ofNodes() {
        return new TransformingItemStore<>(node -> withoutManagedFields(grantsOnly(logged(node))));
    }

    /**
     * Makes a store of VM pods. Users who may create pods can set the label on any pod, with 256 KiB of other data; for a pod
     * that no VM owns it keeps only the name.
     */
    static ItemStore<Pod> ofPods() {
        return new TransformingItemStore<>(pod -> ownedOrMinimal(logged(pod)));
    }

    private static Pod ownedOrMinimal(Pod pod) {
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

    /** Makes a store of claims. It keeps only the few fields that the operator uses, as a cluster may have many claims. */
    static ItemStore<PersistentVolumeClaim> ofClaims() {
        return new TransformingItemStore<>(claim -> minimal(logged(claim)));
    }

    /**
     * Makes a store of objects of Dynamic Resource Allocation. Their labels and annotations are not used, and of the owners only
     * the pod that a claim was created for, and those of DeviceClasses, which users cannot create.
     */
    static <R extends HasMetadata> ItemStore<R> ofDynamicResources() {
        return new TransformingItemStore<>(object -> {
            object.getMetadata().setAnnotations(Map.of());
            object.getMetadata().setLabels(Map.of());
            if (!(object instanceof DeviceClass)) {
                object.getMetadata()
                        .setOwnerReferences(object.getMetadata().getOwnerReferences().stream()
                                .filter(owner -> "Pod".equals(owner.getKind()))
                                .limit(1)
                                .toList());
            }
            return withoutManagedFields(logged(object));
        });
    }

    private static PersistentVolumeClaim minimal(PersistentVolumeClaim claim) {
        PersistentVolumeClaim minimal = new PersistentVolumeClaimBuilder()
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
        Undecodable.mark(minimal, Undecodable.faults(claim));
        return minimal;
    }

    private static PassthroughNode grantsOnly(PassthroughNode node) {
        PassthroughNodeStatus status = node.getStatus();
        if (Undecodable.is(node) && status != null) {
            node.setStatus(new PassthroughNodeStatus(status.bootID(), null, null, status.grants()));
        }
        return node;
    }

    /** Logs an object that could not be decoded, when it is added or changed. */
    private static <R extends HasMetadata> R logged(R object) {
        if (Undecodable.is(object)) {
            log.atWarn()
                    .addKeyValue(LogKeys.KIND, object.getKind())
                    .addKeyValue(LogKeys.NAME, name(object))
                    .addKeyValue(LogKeys.ERROR, Undecodable.text(object))
                    .log("object cannot be decoded; its undecodable part is skipped");
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
