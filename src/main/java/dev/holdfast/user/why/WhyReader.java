package dev.holdfast.user.why;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.Names;
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
        String podName = vm.text("/status/podName").isEmpty() ? vm.name() : vm.text("/status/podName");
        Found pod = namespaced("pod", "/api/v1/", "pods", podName);
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
                        .map(name -> found(
                                "device class " + name,
                                GROUP + "passthroughdeviceclasses/" + name,
                                "passthroughdeviceclasses",
                                ""))
                        .toList(),
                node.isEmpty() ? List.of() : List.of(found("node " + node, "/api/v1/nodes/" + node, "nodes", "")),
                node.isEmpty()
                        ? found("reports of nodes", GROUP + "passthroughnodes", "passthroughnodes", "")
                        : found("report of node " + node, GROUP + "passthroughnodes/" + node, "passthroughnodes", ""),
                found("events", "/api/v1/namespaces/%s/events".formatted(namespace), "events", namespace));
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
                "%snamespaces/%s/%s/%s".formatted(group, namespace, resource, name),
                resource,
                namespace);
    }

    private Found found(String title, String path, String resource, String where) {
        return switch (reader.read(path, resource, where)) {
            case Result.Json json -> new Found.Read(title, json.json());
            case Result.Absent absent -> new Found.Absent(title);
            case Result.Refused refused -> new Found.Unread(title, refused.message());
        };
    }
}
