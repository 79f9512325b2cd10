package dev.holdfast.user.why;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.api.Names;
import dev.holdfast.user.Json;
import dev.holdfast.user.VmView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The agents' reports of nodes: IOMMU groups that matter to a VM, and their functions. */
final class NodeBranches {
    private static final int MAX_NODES = 20;
    private static final int MAX_GROUPS = 16;

    private final Set<String> classes;
    private final Set<String> addresses;
    private final String podUid;

    NodeBranches(VmView vm) {
        classes = classes(vm);
        addresses = vm.items("/status/devices")
                .flatMap(device -> Json.items(device, "/pciAddresses"))
                .map(JsonNode::asText)
                .collect(Collectors.toSet());
        podUid = vm.podUid();
    }

    /** Returns the names of the device classes that the VM's devices name. */
    static Set<String> classes(VmView vm) {
        return Stream.of("gpus", "hostDevices")
                .flatMap(list -> vm.items("/spec/devices/" + list))
                .map(device -> Json.text(device, "/deviceName"))
                .filter(name -> name.startsWith(Names.RESOURCE_PREFIX))
                .map(name -> name.substring(Names.RESOURCE_PREFIX.length()))
                .collect(Collectors.toSet());
    }

    /** Returns a branch for each report, or one that explains why there is none. */
    Stream<Branch> of(Found found) {
        if (!(found instanceof Found.Read read)) {
            return Stream.of(WhyTree.unread(found));
        }
        List<JsonNode> reports =
                read.json().has("items") ? Json.items(read.json(), "/items").toList() : List.of(read.json());
        List<Branch> branches = new ArrayList<>(
                reports.stream().flatMap(this::report).limit(MAX_NODES).toList());
        if (reports.isEmpty()) {
            branches.add(Branch.leaf("no agent reports a node"));
        }
        return branches.stream();
    }

    private Stream<Branch> report(JsonNode report) {
        List<Branch> below = Stream.concat(Conditions.failing(report, "True"), groups(report))
                .toList();
        String summary = Json.text(report, "/status/summary");
        return below.isEmpty()
                ? Stream.empty()
                : Stream.of(new Branch(
                        "report of node %s%s"
                                .formatted(
                                        Json.text(report, "/metadata/name"), summary.isEmpty() ? "" : ": " + summary),
                        below));
    }

    private Stream<Branch> groups(JsonNode report) {
        Map<String, List<JsonNode>> groups = Json.items(report, "/status/devices")
                .collect(Collectors.groupingBy(NodeBranches::group, LinkedHashMap::new, Collectors.toList()));
        return groups.entrySet().stream()
                .filter(group -> group.getValue().stream().anyMatch(this::matters))
                .limit(MAX_GROUPS)
                .map(group -> group(report, group.getKey(), group.getValue()));
    }

    private boolean matters(JsonNode device) {
        return addresses.isEmpty()
                ? classes.contains(Json.text(device, "/deviceClass"))
                : addresses.contains(Json.text(device, "/pciAddress"));
    }

    private static String group(JsonNode device) {
        String id = Json.text(device, "/groupID");
        return id.isEmpty() ? Json.text(device, "/pciAddress") : id;
    }

    private Branch group(JsonNode report, String id, List<JsonNode> functions) {
        JsonNode first = functions.getFirst();
        String message = functions.stream()
                .map(function -> Json.text(function, "/message"))
                .filter(text -> !text.isEmpty())
                .findFirst()
                .orElse("");
        String number = Json.text(first, "/iommuGroup");
        return Branch.of(
                "IOMMU group %s%s: %s%s%s"
                        .formatted(
                                number.isEmpty() ? "" : number + " of ",
                                id,
                                Json.text(first, "/state"),
                                holder(report, functions),
                                message.isEmpty() ? "" : ": " + message),
                functions.stream().map(NodeBranches::function));
    }

    /** Returns which VM has the group, by the grants of the report. */
    private String holder(JsonNode report, List<JsonNode> functions) {
        Set<String> members = functions.stream()
                .map(function -> Json.text(function, "/pciAddress"))
                .collect(Collectors.toSet());
        return Json.items(report, "/status/grants")
                .filter(grant -> Json.items(grant, "/devices")
                        .flatMap(device -> Json.items(device, "/pciAddresses"))
                        .anyMatch(address -> members.contains(address.asText())))
                .map(grant -> Json.text(grant, "/podUID").equals(podUid)
                        ? " to this VM"
                        : " to VM %s/%s".formatted(Json.text(grant, "/vm/namespace"), Json.text(grant, "/vm/name")))
                .findFirst()
                .orElse("");
    }

    private static Branch function(JsonNode function) {
        String description = Json.text(function, "/description");
        String driver = Json.text(function, "/driver");
        return Branch.of(
                "function %s%s: %s, %s"
                        .formatted(
                                Json.text(function, "/pciAddress"),
                                description.isEmpty() ? "" : " " + description,
                                driver.isEmpty() ? "no driver" : "driver " + driver,
                                Json.text(function, "/state")),
                Json.items(function, "/blockers")
                        .map(blocker -> Branch.leaf("blocked by %s, driver %s"
                                .formatted(Json.text(blocker, "/pciAddress"), Json.text(blocker, "/driver")))));
    }
}
