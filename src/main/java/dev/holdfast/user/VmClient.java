package dev.holdfast.user;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.api.DnsNames;
import dev.holdfast.api.Names;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.KubernetesClientTimeoutException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.CustomResourceDefinitionContext;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** Reads, writes and watches one VM of a user. */
public final class VmClient {
    /** The operator may write the status between reading and writing, but not as often. */
    private static final int MAX_ATTEMPTS = 10;

    private static final String RESOURCE = "passthroughvms";
    private static final String MANAGER = "holdfast";
    private static final Pattern NAME = Pattern.compile(DnsNames.SUBDOMAIN_253);

    private final UserCluster cluster;
    private final String name;
    private final Resource<GenericKubernetesResource> resource;

    /**
     * Makes the client of a VM, which need not exist.
     *
     * @throws CommandFailure when no object can have this name
     */
    public VmClient(UserCluster cluster, String name) {
        if (!NAME.matcher(name).matches()) {
            throw CommandFailure.input(
                    "the name of the VM must consist of lower-case letters, digits, '-' and '.'; `kubectl get ptvm` lists the existing ones");
        }
        this.cluster = cluster;
        this.name = name;
        this.resource = cluster.client()
                .genericKubernetesResources(CustomResourceDefinitionContext.fromCustomResourceType(PassthroughVM.class))
                .inNamespace(cluster.namespace())
                .withName(name);
    }

    /** Reads the VM. */
    public VmView get() {
        try {
            return new VmView(cluster.get("/apis/%s/%s/namespaces/%s/%s/%s"
                    .formatted(Names.GROUP, Names.VERSION, cluster.namespace(), RESOURCE, name)));
        } catch (KubernetesClientException e) {
            throw cluster.failure(request("get"), e);
        }
    }

    /** A VM before and after a request; the same object if nothing was written. */
    public record Written(PowerRequest request, VmView before, VmView after) {}

    /**
     * Writes what a request requires, only to the version of the VM that the request was decided for.
     *
     * @param decision called again when the VM was changed by others
     */
    public Written write(Function<VmView, PowerRequest> decision) {
        for (int attempt = 1; ; attempt++) {
            VmView vm = get();
            PowerRequest request = decision.apply(vm);
            try {
                return new Written(request, vm, request instanceof PowerRequest.Write write ? patched(vm, write) : vm);
            } catch (KubernetesClientException e) {
                if (e.getCode() != HttpURLConnection.HTTP_CONFLICT || attempt == MAX_ATTEMPTS) {
                    throw cluster.failure(request("patch"), e);
                }
            }
        }
    }

    private VmView patched(VmView vm, PowerRequest.Write write) {
        ObjectNode patch = JsonNodeFactory.instance.objectNode();
        ObjectNode metadata = patch.putObject("metadata").put("resourceVersion", vm.resourceVersion());
        if (!write.annotations().isEmpty()) {
            ObjectNode annotations = metadata.putObject("annotations");
            write.annotations().forEach((key, value) -> annotations.put(key, value.isEmpty() ? null : value));
        }
        write.strategy().ifPresent(strategy -> patch.putObject("spec").put("runStrategy", strategy.name()));
        return view(resource.patch(
                new PatchContext.Builder()
                        .withPatchType(PatchType.JSON_MERGE)
                        .withFieldManager(MANAGER)
                        .build(),
                patch.toString()));
    }

    /**
     * Watches the VM until it has the property.
     *
     * @param isDone gets each version of the VM; empty when it does not exist any more
     * @return false when the time is over
     */
    public boolean await(Duration limit, Predicate<Optional<VmView>> isDone) {
        try {
            resource.waitUntilCondition(
                    found -> isDone.test(Optional.ofNullable(found).map(VmClient::view)),
                    limit.toMillis(),
                    TimeUnit.MILLISECONDS);
            return true;
        } catch (KubernetesClientTimeoutException e) {
            return false;
        } catch (KubernetesClientException e) {
            throw cluster.failure(request("watch"), e);
        }
    }

    private static VmView view(GenericKubernetesResource found) {
        return new VmView(UserCluster.json(found));
    }

    private ApiRefusal request(String verb) {
        return new ApiRefusal(verb, RESOURCE, PassthroughVM.class.getSimpleName(), cluster.namespace(), name);
    }
}
