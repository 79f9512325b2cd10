package dev.holdfast.user.why;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.user.Json;
import dev.holdfast.user.VmView;
import dev.holdfast.user.VmView.ConditionView;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Explains what is in the way of a VM: VM, pod, claims, device classes, nodes, IOMMU groups, functions. The reasons are those
 * that the operator, the scheduler, the kubelet and the agents have written.
 */
final class WhyTree {
    /** Conditions that report a problem, or progress, when they are True. */
    private static final Set<String> TRUE_IS_BAD = Set.of("Stalled", "RestartRequired");

    /** Conditions that have the reason of the first line, or repeat it. */
    private static final Set<String> STATE = Set.of("Ready", "Stopped", "Reconciling");

    private WhyTree() {}

    /** Returns the lines for a terminal: a verdict, then the tree. */
    static List<String> lines(Findings found) {
        return Stream.concat(Stream.of(verdict(found.vm())), tree(found).lines().stream())
                .toList();
    }

    private static String verdict(VmView vm) {
        boolean isReady = vm.condition("Ready")
                .filter(condition -> condition.status().equals("True"))
                .isPresent();
        if (isReady) {
            return "%s runs; nothing is in the way".formatted(vm.title());
        }
        boolean isOff = vm.condition("Stopped")
                .filter(condition -> condition.status().equals("True"))
                .isPresent();
        return isOff
                ? "%s is off, as its spec requires".formatted(vm.title())
                : "%s is not ready".formatted(vm.title());
    }

    private static Branch tree(Findings found) {
        VmView vm = found.vm();
        boolean isWaiting = vm.text("/status/nodeName").isEmpty();
        return Branch.of(
                "VM %s: %s".formatted(vm.title(), vm.summary()),
                Stream.of(
                                conditions(vm),
                                Stream.of(new PodBranch(found.events()).of(found.pod())),
                                found.claims().stream().map(claim -> new ClaimBranch(found.events()).of(claim)),
                                found.classes().stream().flatMap(type -> ClassBranch.of(type, isWaiting)),
                                found.nodes().stream().map(WhyTree::node),
                                new NodeBranches(vm).of(found.reports()))
                        .flatMap(branches -> branches));
    }

    private static Stream<Branch> conditions(VmView vm) {
        String shown = vm.state().map(ConditionView::message).orElse("");
        return vm.conditions()
                .filter(condition -> !STATE.contains(condition.type()))
                .filter(condition -> condition.status().equals("True") == TRUE_IS_BAD.contains(condition.type()))
                .filter(condition -> !condition.message().equals(shown))
                .map(condition -> Branch.leaf("%s is %s (%s): %s"
                        .formatted(condition.type(), condition.status(), condition.reason(), condition.message())));
    }

    /** Returns the node's own state, as the kubelet reports it. */
    private static Branch node(Found found) {
        if (!(found instanceof Found.Read read)) {
            return unread(found);
        }
        JsonNode node = read.json();
        return Branch.of(
                read.title()
                        + (Json.text(node, "/spec/unschedulable").equals("true")
                                ? ": takes no new pods (cordoned)"
                                : ""),
                Json.items(node, "/status/conditions")
                        .filter(condition -> Json.text(condition, "/type").equals("Ready")
                                ? !Json.text(condition, "/status").equals("True")
                                : Json.text(condition, "/status").equals("True"))
                        .map(Conditions::condition));
    }

    static Branch unread(Found found) {
        return Branch.leaf(
                switch (found) {
                    case Found.Absent absent -> absent.title() + ": not found";
                    case Found.Unread unread -> "%s: not read: %s".formatted(unread.title(), unread.reason());
                    case Found.Read read -> read.title();
                });
    }
}
