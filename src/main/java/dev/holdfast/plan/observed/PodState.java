package dev.holdfast.plan.observed;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Names;
import dev.holdfast.api.Reason;
import dev.holdfast.plan.machine.Given;
import io.fabric8.kubernetes.api.model.ContainerState;
import io.fabric8.kubernetes.api.model.ContainerStateRunning;
import io.fabric8.kubernetes.api.model.ContainerStateTerminated;
import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodCondition;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** How far a VM's pod has come, told by its status alone. */
public sealed interface PodState {
    /** The condition by which the scheduler speaks. */
    String SCHEDULED = "PodScheduled";

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

    /**
     * How a container ended.
     *
     * @param unknown whether the status was made up, as nobody saw the end: the node was restarted, or lost the container
     */
    record Exit(int status, boolean outOfMemory, boolean unknown) {
        /** Of containerd, with status 255, after a restart of the node; of the kubelet, with 137, for a lost container. */
        private static final Set<String> UNKNOWN = Set.of("Unknown", "ContainerStatusUnknown");

        /** QEMU's, after a panic of the guest; and after an error of its own, which it tells. */
        public static final int PANIC_OR_ERROR = 1;

        /** What {@code holdfast launch} ends with, and QEMU does not. */
        public boolean isLaunchers() {
            return status >= 2 && status <= 4;
        }
    }

    /** Reads the status of a pod. */
    static PodState of(Pod read) {
        ObservedPod pod = new ObservedPod(read);
        Optional<ContainerState> container = qemu(pod);
        Optional<ContainerStateTerminated> terminated = container.map(ContainerState::getTerminated);
        boolean over = pod.phase().equals("Failed") || pod.phase().equals("Succeeded");
        if (terminated.isPresent()) {
            return ended(pod, terminated.get(), !over && anotherRuns(pod));
        }
        return over
                ? ended(pod)
                : pod.node().map(node -> on(node, pod, container)).orElseGet(() -> unscheduled(pod));
    }

    private static PodState on(String node, ObservedPod pod, Optional<ContainerState> container) {
        if (pod.phase().equals("Unknown")
                || pod.reason().filter("NodeLost"::equals).isPresent()) {
            return new Lost(node);
        }
        return container
                .map(ContainerState::getRunning)
                .<PodState>map(running ->
                        new Started(node, Times.parse(running.getStartedAt()).orElse(created(pod))))
                .orElseGet(() -> new Preparing(
                        node,
                        pod.condition(SCHEDULED)
                                .flatMap(scheduled -> Times.parse(scheduled.getLastTransitionTime()))
                                .orElse(created(pod)),
                        container.map(ContainerState::getWaiting).flatMap(PodState::fault)));
    }

    /** When its container started; of a pod without one, when it was made. */
    static Instant start(Pod read) {
        ObservedPod pod = new ObservedPod(read);
        return containerStart(pod).orElse(created(pod));
    }

    /** When it was given its node, in the API server's words; empty while it has none. */
    static Optional<String> scheduled(Pod pod) {
        return new ObservedPod(pod).condition(SCHEDULED, "True").map(PodCondition::getLastTransitionTime);
    }

    /** When its container was started, in the kubelet's words. */
    static Optional<String> executed(Pod pod) {
        return containerStart(new ObservedPod(pod)).map(Instant::toString);
    }

    private static Optional<Instant> containerStart(ObservedPod pod) {
        return qemu(pod).flatMap(PodState::start);
    }

    /** Of the container that becomes QEMU. */
    private static Optional<ContainerState> qemu(ObservedPod pod) {
        return pod.container(Names.QEMU_CONTAINER);
    }

    /** Native sidecars do not count: the kubelet ends them by itself. */
    private static boolean anotherRuns(ObservedPod pod) {
        Set<String> ended = pod.terminatedContainers();
        return pod.containers().stream().anyMatch(name -> !Names.QEMU_CONTAINER.equals(name) && !ended.contains(name));
    }

    /** Why it is taken from its node, when that is told: eviction, a taint, preemption. */
    static Optional<String> disruption(Pod pod) {
        return new ObservedPod(pod)
                .condition("DisruptionTarget", "True")
                .map(disruption -> words(disruption.getMessage()).orElse(String.valueOf(disruption.getReason())));
    }

    private static Optional<Instant> start(ContainerState container) {
        Optional<String> running = Given.of(container.getRunning()).map(ContainerStateRunning::getStartedAt);
        return running.or(() -> Given.of(container.getTerminated(), ContainerStateTerminated::getStartedAt))
                .flatMap(Times::parse);
    }

    private static PodState unscheduled(ObservedPod pod) {
        return new Unscheduled(
                created(pod),
                pod.condition(SCHEDULED, "False")
                        .map(scheduled -> Given.of(scheduled.getMessage())
                                .orElse("the scheduler finds no node for the pod and does not say why")));
    }

    /** Of a pod that never had a container, as one that the kubelet has rejected. */
    private static PodState ended(ObservedPod pod) {
        boolean succeeded = pod.phase().equals("Succeeded");
        return new Ended(
                succeeded,
                Optional.empty(),
                podReason(pod),
                Optional.empty(),
                new Exit(succeeded ? 0 : -1, false, !succeeded),
                false);
    }

    private static PodState ended(ObservedPod pod, ContainerStateTerminated terminated, boolean held) {
        Optional<Instant> started = Times.parse(terminated.getStartedAt());
        Optional<Instant> finished = Times.parse(terminated.getFinishedAt());
        int exitStatus = Given.of(terminated.getExitCode()).orElse(-1);
        return new Ended(
                exitStatus == 0 && !pod.phase().equals("Failed"),
                started.flatMap(from -> finished.map(to -> Duration.between(from, to))),
                podReason(pod),
                words(terminated.getMessage()).map(String::strip),
                new Exit(
                        exitStatus,
                        "OOMKilled".equals(terminated.getReason()),
                        Given.of(terminated.getReason())
                                .filter(Exit.UNKNOWN::contains)
                                .isPresent()),
                held);
    }

    private static Optional<Cause> podReason(ObservedPod pod) {
        return pod.reason()
                .filter(reason -> !reason.isBlank())
                .map(reason -> new Cause(
                        reason,
                        pod.message().filter(message -> !message.isBlank()).orElse("the pod was ended: " + reason)));
    }

    /** ContainerCreating and PodInitializing are no faults; the kubelet's names for faults begin with what failed. */
    private static Optional<Cause> fault(ContainerStateWaiting waiting) {
        String reason = Given.of(waiting.getReason()).orElse("");
        boolean fault = Stream.of("Err", "ImagePull", "InvalidImage", "CreateContainer", "RunContainer", "ImageInspect")
                .anyMatch(reason::startsWith);
        if (!fault) {
            return Optional.empty();
        }
        String words = words(waiting.getMessage()).orElse("the kubelet cannot start the container: " + reason);
        // ErrImagePull and ImagePullBackOff take turns; one name for both keeps the status still.
        boolean image = reason.startsWith("ErrImage") || reason.startsWith("ImagePull");
        return Optional.of(new Cause(image ? Reason.ImagePullFailed.name() : reason, words));
    }

    private static Instant created(ObservedPod pod) {
        return pod.created().flatMap(Times::parse).orElse(Instant.EPOCH);
    }

    private static Optional<String> words(@Nullable String message) {
        return Given.of(message).filter(words -> !words.isBlank());
    }
}
