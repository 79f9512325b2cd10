package dev.holdfast.testbed.kubelet;

import dev.holdfast.testbed.kubelet.device.Rejection;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodConditionBuilder;
import io.fabric8.kubernetes.api.model.PodStatus;
import io.fabric8.kubernetes.api.model.PodStatusBuilder;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The status of a pod of one container, as the kubelet writes it. Ready is the same as running: no probes here. */
final class PodStatuses {
    private PodStatuses() {}

    /**
     * The container now.
     *
     * @param id      of the runtime; null when it has not been made
     * @param restarts number of restarts
     * @param before  its state before the last restart
     */
    record Report(
            @Nullable String id,
            int restarts,
            ContainerState state,
            @Nullable ContainerState before) {}

    static ContainerState waiting(String reason, @Nullable String message) {
        return new ContainerStateBuilder()
                .withNewWaiting()
                .withReason(reason)
                .withMessage(message)
                .endWaiting()
                .build();
    }

    static ContainerState running(Instant since) {
        return new ContainerStateBuilder()
                .withNewRunning()
                .withStartedAt(text(since))
                .endRunning()
                .build();
    }

    static ContainerState terminated(
            @Nullable String id,
            int exitCode,
            String reason,
            @Nullable String message,
            Instant started,
            Instant ended) {
        return new ContainerStateBuilder()
                .withNewTerminated()
                .withContainerID(id == null ? null : "runc://" + id)
                .withExitCode(exitCode)
                .withReason(reason)
                .withMessage(message)
                .withStartedAt(text(started))
                .withFinishedAt(text(ended))
                .endTerminated()
                .build();
    }

    /** A pod that was not let in. */
    static PodStatus rejected(Pod pod, NodeFacts node, Rejection rejection, Instant now) {
        return new PodStatusBuilder()
                .withPhase("Failed")
                .withReason(rejection.reason())
                .withMessage(rejection.getMessage())
                .withStartTime(text(now))
                .withHostIP(node.ip())
                .withConditions(pod.getStatus().getConditions())
                .build();
    }

    /**
     * @param podIp   of the pod's own network; null on the node's
     * @param started when the kubelet took the pod
     */
    static PodStatus of(Pod pod, NodeFacts node, @Nullable String podIp, Instant started, Report report, Instant now) {
        String address = podIp == null ? node.ip() : podIp;
        boolean running = report.state.getRunning() != null;
        boolean ended = report.state.getTerminated() != null;
        String phase = running || (report.restarts > 0 && !ended)
                ? "Running"
                : !ended ? "Pending" : report.state.getTerminated().getExitCode() == 0 ? "Succeeded" : "Failed";
        List<PodCondition> old = pod.getStatus().getConditions();
        String name = pod.getSpec().getContainers().getFirst().getName();
        String unready = phase.equals("Succeeded")
                ? "PodCompleted"
                : phase.equals("Failed") ? "PodFailed" : "ContainersNotReady";
        return new PodStatusBuilder()
                .withPhase(phase)
                .withStartTime(text(started))
                .withHostIP(node.ip())
                .addNewHostIP(node.ip())
                .withPodIP(address)
                .addNewPodIP(address)
                .withConditions(
                        condition(old, "PodScheduled", true, null, now),
                        condition(old, "PodReadyToStartContainers", report.id != null && !ended, null, now),
                        condition(old, "Initialized", true, null, now),
                        condition(old, "ContainersReady", running, unready, now),
                        condition(old, "Ready", running, unready, now))
                .addNewContainerStatus()
                .withName(name)
                .withImage(pod.getSpec().getContainers().getFirst().getImage())
                .withImageID(pod.getSpec().getContainers().getFirst().getImage())
                .withContainerID(report.id == null ? null : "runc://" + report.id)
                .withReady(running)
                .withStarted(running)
                .withRestartCount(report.restarts)
                .withState(report.state)
                .withLastState(report.before)
                .endContainerStatus()
                .build();
    }

    private static PodCondition condition(
            List<PodCondition> old, String type, boolean status, @Nullable String reasonIfNot, Instant now) {
        String text = status ? "True" : "False";
        String since = old.stream()
                .filter(condition -> condition.getType().equals(type)
                        && condition.getStatus().equals(text))
                .map(PodCondition::getLastTransitionTime)
                .findFirst()
                .orElse(text(now));
        return new PodConditionBuilder()
                .withType(type)
                .withStatus(text)
                .withReason(status ? null : reasonIfNot)
                .withLastTransitionTime(since)
                .build();
    }

    private static String text(Instant instant) {
        return instant.truncatedTo(ChronoUnit.SECONDS).toString();
    }
}
