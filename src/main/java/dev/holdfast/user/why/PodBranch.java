package dev.holdfast.user.why;

import com.fasterxml.jackson.databind.JsonNode;
import dev.holdfast.user.Json;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** The pod of a VM: what the scheduler and the kubelet report. */
final class PodBranch {
    /** Conditions that only repeat what a container's state has in detail. */
    private static final Set<String> REPETITIONS = Set.of("Ready", "ContainersReady", "PodReadyToStartContainers");

    private final Found events;

    PodBranch(Found events) {
        this.events = events;
    }

    Branch of(Found found) {
        if (!(found instanceof Found.Read read)) {
            return WhyTree.unread(found);
        }
        JsonNode pod = read.json();
        String node = Json.text(pod, "/spec/nodeName");
        return Branch.of(
                "%s: %s%s%s"
                        .formatted(
                                read.title(),
                                Json.text(pod, "/status/phase"),
                                node.isEmpty() ? ", without a node" : " on node " + node,
                                Json.text(pod, "/metadata/deletionTimestamp").isEmpty() ? "" : ", being deleted"),
                Stream.of(ended(pod), conditions(pod), containers(pod), Events.warnings(events, pod))
                        .flatMap(branches -> branches));
    }

    private static Stream<Branch> ended(JsonNode pod) {
        String message = Json.text(pod, "/status/message");
        return message.isEmpty()
                ? Stream.empty()
                : Stream.of(Branch.leaf("%s: %s".formatted(Json.text(pod, "/status/reason"), message)));
    }

    private static Stream<Branch> conditions(JsonNode pod) {
        boolean isRunning = Json.text(pod, "/status/phase").equals("Running");
        return Json.items(pod, "/status/conditions")
                .filter(condition -> !REPETITIONS.contains(Json.text(condition, "/type")))
                .filter(condition -> !isRunning || Json.text(condition, "/type").equals("DisruptionTarget"))
                .filter(condition -> Json.text(condition, "/type").equals("DisruptionTarget")
                        == Json.text(condition, "/status").equals("True"))
                .filter(condition -> !Json.text(condition, "/message").isEmpty())
                .map(Conditions::condition);
    }

    private static Stream<Branch> containers(JsonNode pod) {
        return Stream.of("/status/initContainerStatuses", "/status/containerStatuses")
                .flatMap(list -> Json.items(pod, list))
                .flatMap(container -> List.of("waiting", "terminated").stream()
                        .filter(state -> container.path("state").has(state))
                        .filter(state ->
                                container.at("/state/terminated/exitCode").asInt(1) != 0)
                        .map(state -> Branch.leaf("container %s: %s%s: %s"
                                .formatted(
                                        Json.text(container, "/name"),
                                        state,
                                        state.equals("terminated")
                                                ? " with status " + Json.text(container, "/state/terminated/exitCode")
                                                : "",
                                        reason(container.at("/state/" + state))))));
    }

    private static String reason(JsonNode state) {
        String message = Json.text(state, "/message");
        return Json.text(state, "/reason") + (message.isEmpty() ? "" : ", " + message);
    }
}
