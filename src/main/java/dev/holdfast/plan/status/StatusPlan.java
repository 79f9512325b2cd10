package dev.holdfast.plan.status;

import static dev.holdfast.plan.status.VmConditions.DEVICES_ALLOCATED;
import static dev.holdfast.plan.status.VmConditions.MEMLOCK_APPLIED;
import static dev.holdfast.plan.status.VmConditions.MEMLOCK_HEADROOM;
import static dev.holdfast.plan.status.VmConditions.POD_CREATED;
import static dev.holdfast.plan.status.VmConditions.READY;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.vm.MemlockHeadroom;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.observed.RecordedStatus;
import dev.holdfast.plan.status.VmConditions.Verdict;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The status of a VM in each of the states that it can be in, as a whole: nothing is carried over by accident. */
public final class StatusPlan {
    private static final Cause ENDED =
            new Cause(Reason.PodEnded, "the pod has ended, so it holds neither devices nor a limit");

    private final PassthroughVM vm;
    private final PassthroughVMStatus before;
    private final Instant now;

    public StatusPlan(PassthroughVM vm, Instant now) {
        this.vm = vm;
        this.before = before(vm);
        this.now = now;
    }

    /** The status as last written, an empty one at first. */
    public static PassthroughVMStatus before(PassthroughVM vm) {
        return new RecordedStatus(vm.getStatus()).status();
    }

    public PassthroughVMStatus stopped(PodRecord binding) {
        return withoutPod(
                Phase.Stopped,
                binding,
                null,
                new Cause(
                        Reason.Halted,
                        "spec.runStrategy is Halted, so the machine stays off; set it to Always to start it"));
    }

    /** No pod, and something in the way of one. */
    public PassthroughVMStatus blocked(PodRecord binding, @Nullable Instant nextStart, Cause cause) {
        return withoutPod(Phase.Pending, binding, nextStart, cause);
    }

    /** The pod was there and is gone; another follows. */
    public PassthroughVMStatus vanished(PodRecord binding, Instant nextStart, Cause cause) {
        return withoutPod(Phase.Failed, binding, nextStart, CrashLoop.told(cause, Phase.Failed, binding, nextStart));
    }

    /** The pod was there and is gone, and none follows. */
    public PassthroughVMStatus over(Phase phase, PodRecord binding, Cause cause) {
        return withoutPod(phase, binding, null, cause);
    }

    public PassthroughVMStatus stopping(PodRecord binding, Cause cause) {
        return status(
                Phase.Stopping,
                Phase.Stopping.name(),
                binding,
                null,
                Stream.of(
                        Verdict.no(READY, cause),
                        podCreated(binding),
                        Verdict.no(DEVICES_ALLOCATED, cause),
                        Verdict.no(MEMLOCK_APPLIED, cause)));
    }

    /** Before the scheduler has spoken. */
    public PassthroughVMStatus scheduling(PodRecord binding) {
        Cause cause = new Cause(Reason.Scheduling, "pod %s waits for a node".formatted(name(binding)));
        return unscheduled(binding, Phase.Pending.name(), cause);
    }

    /** No node takes the pod. */
    public PassthroughVMStatus unschedulable(PodRecord binding, Cause cause) {
        return unscheduled(binding, cause.reason(), cause);
    }

    private PassthroughVMStatus unscheduled(PodRecord binding, String printable, Cause cause) {
        return status(
                Phase.Pending,
                printable,
                binding,
                null,
                Stream.of(
                        Verdict.no(READY, cause),
                        podCreated(binding),
                        Verdict.no(DEVICES_ALLOCATED, cause),
                        limitPlanned(binding)));
    }

    public PassthroughVMStatus starting(PodRecord binding, String printable, Cause cause) {
        return status(
                Phase.Starting,
                printable,
                binding,
                null,
                Stream.of(
                        Verdict.no(READY, cause),
                        podCreated(binding),
                        Verdict.yes(
                                DEVICES_ALLOCATED,
                                Reason.Scheduled,
                                "node %s has set the devices aside for pod %s"
                                        .formatted(binding.node(), name(binding))),
                        limitPlanned(binding)));
    }

    /**
     * QEMU runs, with all that it was given unless something is lost.
     *
     * @param window the room for the BARs of its devices, in words that continue a sentence
     */
    public PassthroughVMStatus running(PodRecord binding, Grant grant, Optional<Cause> lost, String window) {
        return status(
                Phase.Running,
                lost.map(Cause::reason).orElse(Phase.Running.name()),
                binding,
                null,
                Stream.concat(
                        Stream.of(
                                lost.map(cause -> Verdict.no(READY, cause))
                                        .orElseGet(() -> Verdict.yes(
                                                READY,
                                                Reason.Running,
                                                "QEMU runs on node %s".formatted(binding.node()))),
                                podCreated(binding),
                                lost.map(cause -> Verdict.no(DEVICES_ALLOCATED, cause))
                                        .orElseGet(() -> Verdict.yes(
                                                DEVICES_ALLOCATED,
                                                Reason.Granted,
                                                assignment(grant) + " on node " + binding.node() + window)),
                                applied(binding, grant)),
                        headroom(grant).stream()));
    }

    private static Verdict applied(PodRecord binding, Grant grant) {
        return Verdict.yes(
                MEMLOCK_APPLIED,
                Reason.Applied,
                "the kernel of node %s answers %s for RLIMIT_MEMLOCK of process %d"
                        .formatted(
                                binding.node(),
                                grant.unlimited() ? "unlimited" : grant.appliedBytes() + " bytes",
                                grant.pid()));
    }

    /** Of a running machine with a limit. The numbers are those of the report, which changes only with the verdict. */
    private static Optional<Verdict> headroom(Grant grant) {
        return MemlockHeadroom.reported(grant)
                .map(headroom -> headroom.low()
                        ? Verdict.no(MEMLOCK_HEADROOM, new Cause(Reason.HeadroomLow, headroom.warning()))
                        : Verdict.yes(
                                MEMLOCK_HEADROOM,
                                Reason.HeadroomSufficient,
                                "QEMU has locked %d bytes of its limit of %d"
                                        .formatted(headroom.lockedBytes(), headroom.limitBytes())));
    }

    /**
     * The pod has ended.
     *
     * @param nextStart none when no other follows
     */
    public PassthroughVMStatus ended(Phase phase, PodRecord binding, @Nullable Instant nextStart, Cause cause) {
        return status(
                phase,
                printable(phase, binding, nextStart, cause),
                binding,
                nextStart,
                Stream.of(
                        Verdict.no(READY, CrashLoop.told(cause, phase, binding, nextStart)),
                        podCreated(binding),
                        Verdict.no(DEVICES_ALLOCATED, ENDED),
                        Verdict.no(MEMLOCK_APPLIED, ENDED)));
    }

    public PassthroughVMStatus lost(PodRecord binding, Cause cause) {
        return status(
                Phase.Unknown,
                cause.reason(),
                binding,
                null,
                Stream.of(
                        Verdict.unknown(READY, cause),
                        podCreated(binding),
                        Verdict.unknown(DEVICES_ALLOCATED, cause),
                        Verdict.unknown(MEMLOCK_APPLIED, cause)));
    }

    private PassthroughVMStatus withoutPod(Phase phase, PodRecord binding, @Nullable Instant nextStart, Cause cause) {
        return status(
                phase,
                printable(phase, binding, nextStart, cause),
                binding.silent(),
                nextStart,
                Stream.of(READY, POD_CREATED, DEVICES_ALLOCATED, MEMLOCK_APPLIED)
                        .map(type -> Verdict.no(type, cause)));
    }

    private PassthroughVMStatus status(
            Phase phase, String printable, PodRecord binding, @Nullable Instant nextStart, Stream<Verdict> verdicts) {
        Long generation = vm.getMetadata().getGeneration();
        return new PassthroughVMStatus(
                phase,
                printable,
                generation,
                VmConditions.of(before.conditions(), generation, now, verdicts),
                binding.node(),
                binding.pod(),
                binding.podUid(),
                binding.restarts(),
                Given.of(nextStart)
                        .map(due -> due.truncatedTo(ChronoUnit.MILLIS).toString())
                        .orElse(null),
                binding.ended(),
                binding.formerPods().isEmpty() ? null : binding.formerPods(),
                binding.restartedAt(),
                binding.cloudInitHash(),
                binding.devices(),
                binding.memlock(),
                binding.podIp(),
                binding.startTimes(),
                StatusColumns.of(vm, phase, Given.of(binding.memlock())));
    }

    /** One condition beside the printed status, and nothing else: for a status of which the rest cannot be decoded. */
    public PassthroughVMStatus only(Verdict verdict) {
        return PassthroughVMStatus.none()
                .printing(verdict.cause().reason())
                .withConditions(VmConditions.of(
                        before.conditions(), vm.getMetadata().getGeneration(), now, Stream.of(verdict)));
    }

    private static String printable(Phase phase, PodRecord binding, @Nullable Instant nextStart, Cause cause) {
        if (CrashLoop.is(phase, binding, nextStart)) {
            return CrashLoop.NAME;
        }
        return phase == Phase.Stopped || phase == Phase.Succeeded ? phase.name() : cause.reason();
    }

    private Verdict podCreated(PodRecord binding) {
        return Verdict.yes(POD_CREATED, Reason.Created, "pod %s exists".formatted(name(binding)));
    }

    private static Verdict limitPlanned(PodRecord binding) {
        Optional<Memlock> planned = Given.of(binding.memlock());
        boolean unlimited = planned.filter(Memlock::unlimited).isPresent();
        Long limit = planned.map(Memlock::limitBytes).orElse(null);
        return Verdict.no(
                MEMLOCK_APPLIED,
                new Cause(
                        Reason.WaitingForGrant,
                        unlimited
                                ? "no limit is planned; the agent of the node lifts it when the launcher asks"
                                : "%s bytes are planned; the agent of the node applies them when the launcher asks"
                                        .formatted(limit)));
    }

    private static String assignment(Grant grant) {
        return grant.devices().stream()
                .map(device -> device.name() + " is " + String.join(" and ", device.pciAddresses()))
                .collect(Collectors.joining(", "));
    }

    private String name(PodRecord binding) {
        return Given.of(binding.pod()).orElseGet(() -> vm.getMetadata().getName());
    }
}
