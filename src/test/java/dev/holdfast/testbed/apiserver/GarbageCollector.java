package dev.holdfast.testbed.apiserver;

import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Stand-in for the garbage collector of kube-controller-manager, for the kinds that the embedded cluster has. */
final class GarbageCollector {
    private static final Logger log = LoggerFactory.getLogger(GarbageCollector.class);
    private static final Set<String> KNOWN_OWNERS =
            Set.of("Pod", "Node", "DaemonSet", "PassthroughVM", "PassthroughNode", "PassthroughDeviceClass");

    private final KubernetesClient client;

    GarbageCollector(KubernetesClient client) {
        this.client = client;
    }

    /** Deletes what has lost all its owners; what that leaves ownerless is found by the run that its end causes. */
    void run() {
        // Owners are listed after their dependents: one that existed then and is missing now is really gone.
        List<HasMetadata> dependents = everything().stream()
                .filter(object -> !object.getMetadata().getOwnerReferences().isEmpty())
                .filter(object -> !object.isMarkedForDeletion())
                .toList();
        if (dependents.isEmpty()) {
            return;
        }
        Set<String> alive = everything().stream()
                .map(object -> object.getMetadata().getUid())
                .collect(Collectors.toSet());
        for (HasMetadata dependent : dependents) {
            List<OwnerReference> owners = dependent.getMetadata().getOwnerReferences();
            if (owners.stream()
                    .allMatch(owner -> KNOWN_OWNERS.contains(owner.getKind()) && !alive.contains(owner.getUid()))) {
                delete(dependent);
            }
        }
    }

    private List<HasMetadata> everything() {
        List<HasMetadata> objects = new ArrayList<>();
        objects.addAll(client.pods().inAnyNamespace().list().getItems());
        objects.addAll(client.nodes().list().getItems());
        objects.addAll(client.apps().daemonSets().inAnyNamespace().list().getItems());
        objects.addAll(
                client.resources(PassthroughVM.class).inAnyNamespace().list().getItems());
        objects.addAll(client.resources(PassthroughNode.class).list().getItems());
        objects.addAll(client.resources(PassthroughDeviceClass.class).list().getItems());
        return objects;
    }

    private void delete(HasMetadata object) {
        String apiVersion = object.getApiVersion();
        ApiPath path = new ApiPath(
                apiVersion.contains("/") ? "/apis/" + apiVersion : "/api/" + apiVersion,
                object.getMetadata().getNamespace(),
                object.getPlural(),
                object.getMetadata().getName(),
                null,
                Map.of());
        log.atInfo().addKeyValue("object", path.object()).log("Its owners are gone, deleting it");
        try {
            client.raw(
                    path.object(),
                    "DELETE",
                    Map.of("preconditions", Map.of("uid", object.getMetadata().getUid())));
        } catch (KubernetesClientException e) {
            // Gone, or another of that name: either way nothing is left to do here.
            if (e.getCode() != 404 && e.getCode() != 409) {
                throw e;
            }
        }
    }
}
