package dev.holdfast.plan;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import io.fabric8.kubernetes.api.model.PodStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How far a VM's pod has come, told by its status alone. */
sealed interface PodState {
    /**
     * No node yet.
     *
     * @param refusal the scheduler's own words, once it has tried
     */
    record Unscheduled(Instant since, Optional<String> refusal) implements PodState {}

    /**
     * On a node, its container not yet started.
     *
     * @param fault why the kubelet cannot start it, when it says so
     */
    record Preparing(String node, Instant since, Optional<Cause> fault) implements PodState {}

    /** The container runs: the launcher, and then QEMU. */
    record Started(String node, Instant since) implements PodState {}

    /**
     * Over.
     *
     * @param succeeded   exit status 0
     * @param ran         how long the container ran, when the kubelet knows
     * @param podReason   why the pod was ended from outside, with its message
     * @param lastWords   the container's termination message, not blank: what the launcher left, or the end of the output
     * @param exit        how the container ended: its status or signal, or OOMKilled
     * @param held        whether another container of the pod, which was injected, still runs, so that the pod keeps its
     *                    devices
     */
    record Ended(
            boolean succeeded,
            Optional<Duration> ran,
            Optional<Cause> podReason,
            Optional<String> lastWords,
            Exit exit,
            boolean held)
            implements PodState {}

    /** The node does not answer. */
    record Lost(String node) implements PodState {}

    /** How a container ended. */
    record Exit(int status, boolean outOfMemory) {
        /** QEMU's, after a panic of the guest; and after an error of its own, which it tells. */
        static final int PANIC_OR_ERROR = 1;

        /** What {@code holdfast launch} ends with, and QEMU does not. */
        boolean isLaunchers() {
            return status >= 2 && status <= 4;
        }
    }

    /** Reads the status of a pod. */
    static PodState of(Pod pod) {
        PodStatus status = pod.getStatus() == null ? new PodStatus() : pod.getStatus();
        Optional<ContainerState> container = qemu(status);
        Optional<ContainerStateTerminated> terminated = container.map(ContainerState::getTerminated);
        String phase = status.getPhase() == null ? "Pending" : status.getPhase();
        String node = pod.getSpec().getNodeName();
        if (phase.equals("Failed") || phase.equals("Succeeded") || terminated.isPresent()) {
            boolean over = phase.equals("Failed") || phase.equals("Succeeded");
            return ended(phase, status, terminated.orElse(null), !over && anotherRuns(pod, status));
        }
        if (node == null || node.isEmpty()) {
            return unscheduled(pod, status);
        }
        if (phase.equals("Unknown") || "NodeLost".equals(status.getReason())) {
            return new Lost(node);
        }
        if (container.isPresent() && container.get().getRunning() != null) {
            return new Started(
                    node, time(container.get().getRunning().getStartedAt()).orElse(created(pod)));
        }
        return new Preparing(
                node,
                condition(status, "PodScheduled")
                        .flatMap(scheduled -> time(scheduled.getLastTransitionTime()))
                        .orElse(created(pod)),
                container.map(ContainerState::getWaiting).flatMap(PodState::fault));
    }

    /** When its container started; of a pod without one, when it was made. */
    static Instant start(Pod pod) {
        return containerStart(pod).orElse(created(pod));
    }

    /** When it was given its node, in the API server's words; empty while it has none. */
    static Optional<String> scheduled(Pod pod) {
        return Optional.ofNullable(pod.getStatus())
                .flatMap(status -> condition(status, "PodScheduled"))
                .filter(scheduled -> "True".equals(scheduled.getStatus()))
                .map(PodCondition::getLastTransitionTime);
    }

    /** When its container was started, in the kubelet's words. */
    static Optional<String> executed(Pod pod) {
        return containerStart(pod).map(Instant::toString);
    }

    private static Optional<Instant> containerStart(Pod pod) {
        return Optional.ofNullable(pod.getStatus()).flatMap(PodState::qemu).flatMap(PodState::start);
    }

    /** Of the container that becomes QEMU, by its name: what admission injects may stand before it. */
    private static Optional<ContainerState> qemu(PodStatus status) {
        return status.getContainerStatuses().stream()
                .filter(container -> Names.QEMU_CONTAINER.equals(container.getName()))
                .findFirst()
                .map(ContainerStatus::getState);
    }

    /** Native sidecars do not count: the kubelet ends them by itself. */
    private static boolean anotherRuns(Pod pod, PodStatus status) {
        Set<String> ended = status.getContainerStatuses().stream()
                .filter(container ->
                        container.getState() != null && container.getState().getTerminated() != null)
                .map(ContainerStatus::getName)
                .collect(Collectors.toSet());
        return pod.getSpec().getContainers().stream()
                .map(Container::getName)
                .anyMatch(name -> !Names.QEMU_CONTAINER.equals(name) && !ended.contains(name));
    }

    /** Why it is taken from its node, when that is told: eviction, a taint, preemption. */
    static Optional<String> disruption(Pod pod) {
        return Optional.ofNullable(pod.getStatus())
                .flatMap(status -> condition(status, "DisruptionTarget"))
                .filter(disruption -> "True".equals(disruption.getStatus()))
                .map(disruption -> orElse(disruption.getMessage(), String.valueOf(disruption.getReason())));
    }

    private static Optional<Instant> start(ContainerState container) {
        return container.getRunning() != null
                ? time(container.getRunning().getStartedAt())
                : Optional.ofNullable(container.getTerminated()).flatMap(ended -> time(ended.getStartedAt()));
    }

    private static PodState unscheduled(Pod pod, PodStatus status) {
        return new Unscheduled(
                created(pod),
                condition(status, "PodScheduled")
                        .filter(scheduled -> "False".equals(scheduled.getStatus()))
                        .map(scheduled -> scheduled.getMessage() == null
                                ? "the scheduler finds no node for the pod and does not say why"
                                : scheduled.getMessage()));
    }

    private static PodState ended(
            String phase, PodStatus status, @Nullable ContainerStateTerminated terminated, boolean held) {
        Optional<Cause> podReason = Optional.ofNullable(status.getReason())
                .filter(reason -> !reason.isBlank())
                .map(reason -> new Cause(reason, orElse(status.getMessage(), "the pod was ended: " + reason)));
        if (terminated == null) {
            boolean succeeded = phase.equals("Succeeded");
            return new Ended(
                    succeeded,
                    Optional.empty(),
                    podReason,
                    Optional.empty(),
                    new Exit(succeeded ? 0 : -1, false),
                    held);
        }
        Optional<Instant> started = time(terminated.getStartedAt());
        Optional<Instant> finished = time(terminated.getFinishedAt());
        int exitStatus = terminated.getExitCode() == null ? -1 : terminated.getExitCode();
        return new Ended(
                exitStatus == 0 && !phase.equals("Failed"),
                started.flatMap(from -> finished.map(to -> Duration.between(from, to))),
                podReason,
                Optional.ofNullable(terminated.getMessage()).map(String::strip).filter(words -> !words.isEmpty()),
                new Exit(exitStatus, "OOMKilled".equals(terminated.getReason())),
                held);
    }

    /** ContainerCreating and PodInitializing are no faults; the kubelet's names for faults begin with what failed. */
    private static Optional<Cause> fault(ContainerStateWaiting waiting) {
        String reason = waiting.getReason() == null ? "" : waiting.getReason();
        boolean fault = Stream.of("Err", "ImagePull", "InvalidImage", "CreateContainer", "RunContainer", "ImageInspect")
                .anyMatch(reason::startsWith);
        if (!fault) {
            return Optional.empty();
        }
        String words = orElse(waiting.getMessage(), "the kubelet cannot start the container: " + reason);
        // ErrImagePull and ImagePullBackOff take turns; one name for both keeps the status still.
        boolean image = reason.startsWith("ErrImage") || reason.startsWith("ImagePull");
        return Optional.of(new Cause(image ? Reason.ImagePullFailed.name() : reason, words));
    }

    private static Optional<PodCondition> condition(PodStatus status, String type) {
        return status.getConditions().stream()
                .filter(condition -> type.equals(condition.getType()))
                .findFirst();
    }

    private static Instant created(Pod pod) {
        return time(pod.getMetadata().getCreationTimestamp()).orElse(Instant.EPOCH);
    }

    private static Optional<Instant> time(@Nullable String rfc3339) {
        return Times.parse(rfc3339);
    }

    private static String orElse(@Nullable String words, String otherwise) {
        return words == null || words.isBlank() ? otherwise : words;
    }
}
