package dev.holdfast.user.why;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.Names;
import dev.holdfast.user.Json;
import dev.holdfast.user.ObjectReader;
import dev.holdfast.user.ObjectReader.Result;
import dev.holdfast.user.UserCluster;
import dev.holdfast.user.VmClient;
import dev.holdfast.user.VmView;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads what can be in the way of a VM, and continues where the user may not read. */
public final class WhyReader {
    private static final String GROUP = "/apis/%s/%s/".formatted(Names.GROUP, Names.VERSION);

    /** More objects are not shown: the tree has a limit of its own. */
    private static final String LIMIT = "limit=500";

    private static final String WARNINGS = "fieldSelector=type%3DWarning&" + LIMIT;

    private final ObjectReader reader;
    private final String namespace;

    private WhyReader(UserCluster cluster) {
        reader = new ObjectReader(cluster);
        namespace = cluster.namespace();
    }

    /**
     * Returns the lines for a terminal.
     *
     * @throws dev.holdfast.user.CommandFailure when the VM itself cannot be read
     */
    public static List<String> lines(UserCluster cluster, String name) {
        VmView vm = new VmClient(cluster, name).get();
        return WhyTree.lines(new WhyReader(cluster).findings(vm));
    }

    private Findings findings(VmView vm) {
        Found pod = namespaced("pod", "/api/v1/", "pods", vm.podName());
        JsonNode podJson =
                pod instanceof Found.Read read ? read.json() : vm.json().path("none");
        String node = vm.text("/status/nodeName");
        return new Findings(
                vm,
                pod,
                Stream.concat(volumeClaims(vm, podJson), deviceClaims(vm, podJson))
                        .toList(),
                NodeBranches.classes(vm).stream()
                        .sorted()
                        .map(name ->
                                found("device class " + name, reader.get(GROUP + "passthroughdeviceclasses", "", name)))
                        .toList(),
                node.isEmpty() ? List.of() : List.of(found("node " + node, reader.get("/api/v1/nodes", "", node))),
                node.isEmpty()
                        ? found("reports of nodes", reader.list(GROUP + "passthroughnodes", "", LIMIT))
                        : found("report of node " + node, reader.get(GROUP + "passthroughnodes", "", node)),
                found("events", reader.list("/api/v1/namespaces/%s/events".formatted(namespace), namespace, WARNINGS)));
    }

    private Stream<Found> volumeClaims(VmView vm, JsonNode pod) {
        return Stream.concat(
                        vm.items("/spec/volumes").map(volume -> Json.text(volume, "/persistentVolumeClaim/claimName")),
                        Json.items(pod, "/spec/volumes")
                                .map(volume -> Json.text(volume, "/persistentVolumeClaim/claimName")))
                .filter(name -> !name.isEmpty())
                .distinct()
                .map(name -> namespaced("claim", "/api/v1/", "persistentvolumeclaims", name));
    }

    private Stream<Found> deviceClaims(VmView vm, JsonNode pod) {
        List<String> names = new ArrayList<>();
        vm.items("/spec/resourceClaims")
                .map(claim -> Json.text(claim, "/resourceClaimName"))
                .forEach(names::add);
        Json.items(pod, "/status/resourceClaimStatuses")
                .map(claim -> Json.text(claim, "/resourceClaimName"))
                .forEach(names::add);
        return names.stream()
                .filter(name -> !name.isEmpty())
                .distinct()
                .map(name -> namespaced("claim of devices", "/apis/resource.k8s.io/v1/", "resourceclaims", name));
    }

    private Found namespaced(String kind, String group, String resource, String name) {
        return found(
                "%s %s".formatted(kind, name),
                reader.get("%snamespaces/%s/%s".formatted(group, namespace, resource), namespace, name));
    }

    private static Found found(String title, Result result) {
        return switch (result) {
            case Result.Json json -> new Found.Read(title, json.json());
            case Result.Absent absent -> new Found.Absent(title);
            case Result.Refused refused -> new Found.Unread(title, refused.message());
        };
    }
}
