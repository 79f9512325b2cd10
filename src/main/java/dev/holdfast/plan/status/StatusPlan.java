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

/** Makes the complete status of a VM for each state: no field is carried over by accident. */
public final class StatusPlan {
    private static final Cause ENDED =
            new Cause(Reason.PodEnded, "the pod has ended and holds neither devices nor a limit");

    private final PassthroughVM vm;
    private final PassthroughVMStatus before;
    private final Instant now;

    public StatusPlan(PassthroughVM vm, Instant now) {
        this.vm = vm;
        this.before = before(vm);
        this.now = now;
    }

    /** Returns the status as last written; an empty one at first. */
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

    /** Returns the status of a VM whose pod cannot be created now. */
    public PassthroughVMStatus blocked(PodRecord binding, @Nullable Instant nextStart, Cause cause) {
        return withoutPod(Phase.Pending, binding, nextStart, cause);
    }

    /** Returns the status of a VM whose pod is gone and will be replaced. */
    public PassthroughVMStatus vanished(PodRecord binding, Instant nextStart, Cause cause) {
        return withoutPod(
                Phase.Failed, binding, nextStart, CrashLoop.described(cause, Phase.Failed, binding, nextStart));
    }

    /** Returns the status of a VM whose pod is gone and will not be replaced. */
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

    /** Returns the status before the scheduler has reported a result. */
    public PassthroughVMStatus scheduling(PodRecord binding) {
        Cause cause = new Cause(Reason.Scheduling, "pod %s is waiting for a node".formatted(name(binding)));
        return unscheduled(binding, Phase.Pending.name(), cause);
    }

    /** Returns the status of a VM whose pod fits on no node. */
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
                                "node %s has reserved the devices for pod %s".formatted(binding.node(), name(binding))),
                        limitPlanned(binding)));
    }

    /**
     * Returns the status of a VM whose QEMU runs.
     *
     * @param lost   cause when devices have vanished
     * @param window description of the BAR window, to be appended to a message
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
                "the kernel of node %s reports %s for RLIMIT_MEMLOCK of process %d"
                        .formatted(
                                binding.node(),
                                grant.unlimited() ? "unlimited" : grant.appliedBytes() + " bytes",
                                grant.pid()));
    }

    /** Returns the headroom of a running machine with a limit. The report changes its numbers only with the verdict. */
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
     * Returns the status of a VM whose pod has ended.
     *
     * @param nextStart null when the pod is not replaced
     */
    public PassthroughVMStatus ended(Phase phase, PodRecord binding, @Nullable Instant nextStart, Cause cause) {
        return status(
                phase,
                printable(phase, binding, nextStart, cause),
                binding,
                nextStart,
                Stream.of(
                        Verdict.no(READY, CrashLoop.described(cause, phase, binding, nextStart)),
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
                binding.withoutAddress(),
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

    /** Returns a status with only this condition and its printable status, for one whose other fields cannot be decoded. */
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
                                ? "unlimited locked memory is planned; the agent of the node applies it when the launcher requests it"
                                : "%s bytes are planned; the agent of the node applies them when the launcher requests them"
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
