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

/** The state of a VM's pod, read from its status alone. */
public sealed interface PodState {
    /** The condition that the scheduler sets. */
    String SCHEDULED = "PodScheduled";

    /**
     * The pod has no node yet.
     *
     * @param refusal the scheduler's message, once it has tried
     */
    record Unscheduled(Instant since, Optional<String> refusal) implements PodState {}

    /**
     * The pod has a node; its container has not started yet.
     *
     * @param fault why the kubelet cannot start it, if it reports a reason
     */
    record Preparing(String node, Instant since, Optional<Cause> fault) implements PodState {}

    /** The container runs: the launcher, and then QEMU. */
    record Started(String node, Instant since) implements PodState {}

    /**
     * The container has ended.
     *
     * @param succeeded          exit status 0
     * @param ran                how long the container ran, if the kubelet reports it
     * @param podReason          why the pod was terminated from outside, with its message
     * @param terminationMessage the container's termination message, not blank: the launcher's message, or the end of the
     *                           output
     * @param exit               exit status, or death by a signal or the OOM killer
     * @param held               whether another, injected container of the pod still runs, so that the pod keeps its devices
     */
    record Ended(
            boolean succeeded,
            Optional<Duration> ran,
            Optional<Cause> podReason,
            Optional<String> terminationMessage,
            Exit exit,
            boolean held)
            implements PodState {}

    /** The node is not responding. */
    record Lost(String node) implements PodState {}

    /**
     * Exit of a container.
     *
     * @param unknown whether the status is a placeholder, because the end was not observed: the node was restarted, or lost
     *                the container
     */
    record Exit(int status, boolean outOfMemory, boolean unknown) {
        /** Reasons of containerd (status 255, after a restart of the node) and of the kubelet (137, for a lost container). */
        private static final Set<String> UNKNOWN = Set.of("Unknown", "ContainerStatusUnknown");

        /** QEMU's exit status after a panic of the guest, and after an error of its own, which it reports. */
        public static final int PANIC_OR_ERROR = 1;

        /** Returns whether {@code holdfast launch} exits with this status and QEMU does not. */
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

    /** Returns when its container started; for a pod whose container has not started, its creation time. */
    static Instant start(Pod read) {
        ObservedPod pod = new ObservedPod(read);
        return containerStart(pod).orElse(created(pod));
    }

    /** Returns when it was scheduled, as the API server wrote it; empty while it has no node. */
    static Optional<String> scheduled(Pod pod) {
        return new ObservedPod(pod).condition(SCHEDULED, "True").map(PodCondition::getLastTransitionTime);
    }

    /** Returns when its container was started, as the kubelet reported it. */
    static Optional<String> executed(Pod pod) {
        return containerStart(new ObservedPod(pod)).map(Instant::toString);
    }

    private static Optional<Instant> containerStart(ObservedPod pod) {
        return qemu(pod).flatMap(PodState::start);
    }

    /** Returns the state of the container that becomes QEMU. */
    private static Optional<ContainerState> qemu(ObservedPod pod) {
        return pod.container(Names.QEMU_CONTAINER);
    }

    /** Returns whether another container runs. Native sidecars do not count: the kubelet terminates them itself. */
    private static boolean anotherRuns(ObservedPod pod) {
        Set<String> ended = pod.terminatedContainers();
        return pod.containers().stream().anyMatch(name -> !Names.QEMU_CONTAINER.equals(name) && !ended.contains(name));
    }

    /** Returns why it is removed from its node, if that is reported: eviction, a taint, preemption. */
    static Optional<String> disruption(Pod pod) {
        return new ObservedPod(pod)
                .condition("DisruptionTarget", "True")
                .map(disruption -> notBlank(disruption.getMessage()).orElse(String.valueOf(disruption.getReason())));
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
                                .orElse("the scheduler found no node for the pod and gave no reason")));
    }

    /** Returns the state of a pod that never had a container, such as one that the kubelet has rejected. */
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
                notBlank(terminated.getMessage()).map(String::strip),
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
                        pod.message()
                                .filter(message -> !message.isBlank())
                                .orElse("the pod was terminated: " + reason)));
    }

    /** Returns the fault, if any; ContainerCreating and PodInitializing are none. */
    private static Optional<Cause> fault(ContainerStateWaiting waiting) {
        String reason = Given.of(waiting.getReason()).orElse("");
        boolean fault = Stream.of("Err", "ImagePull", "InvalidImage", "CreateContainer", "RunContainer", "ImageInspect")
                .anyMatch(reason::startsWith);
        if (!fault) {
            return Optional.empty();
        }
        String message = notBlank(waiting.getMessage()).orElse("the kubelet cannot start the container: " + reason);
        // ErrImagePull and ImagePullBackOff alternate; one name for both keeps the status unchanged.
        boolean image = reason.startsWith("ErrImage") || reason.startsWith("ImagePull");
        return Optional.of(new Cause(image ? Reason.ImagePullFailed.name() : reason, message));
    }

    private static Instant created(ObservedPod pod) {
        return pod.created().flatMap(Times::parse).orElse(Instant.EPOCH);
    }

    private static Optional<String> notBlank(@Nullable String message) {
        return Given.of(message).filter(text -> !text.isBlank());
    }
}
