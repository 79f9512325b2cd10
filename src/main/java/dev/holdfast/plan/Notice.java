package dev.holdfast.plan;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is worth an Event and a line of the log: that a pod got a node and a limit, the sentences of the conditions
 * Ready, RestartRequired and RestartPossible, each time they change, once for each pod that QEMU maps more than was
 * counted, and each time that too little of the limit is left.
 *
 * @param warning the user has something to do
 */
public record Notice(boolean warning, Cause cause) {
    /** Empty when the new status says nothing new. */
    public static List<Notice> between(@Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        return Stream.of(
                        ofNode(before, after),
                        ofGrant(before, after),
                        of(VmConditions::state, before, after),
                        of(named(VmConditions.RESTART_REQUIRED), before, after),
                        of(named(VmConditions.RESTART_POSSIBLE), before, after),
                        ofMeasurement(before, after),
                        ofHeadroom(before, after))
                .flatMap(Optional::stream)
                .toList();
    }

    /** Two steps that a quick start takes between two writes of the status. */
    private static Optional<Notice> ofNode(@Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        boolean starts = after.phase() == Phase.Starting || after.phase() == Phase.Running;
        return starts && after.nodeName() != null && !isKnown(before, after, PassthroughVMStatus::nodeName)
                ? Optional.of(new Notice(
                        false,
                        new Cause(
                                Reason.Scheduled, "pod %s is on node %s".formatted(after.podName(), after.nodeName()))))
                : Optional.empty();
    }

    private static Optional<Notice> ofGrant(@Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        return after.devices() != null && !isKnown(before, after, PassthroughVMStatus::devices)
                ? cause(named(VmConditions.DEVICES_ALLOCATED), after)
                        .flatMap(devices -> cause(named(VmConditions.MEMLOCK_APPLIED), after)
                                .map(limit -> new Notice(
                                        false, new Cause(Reason.Granted, devices.message() + "; " + limit.message()))))
                : Optional.empty();
    }

    private static boolean isKnown(
            @Nullable PassthroughVMStatus before,
            PassthroughVMStatus after,
            Function<PassthroughVMStatus, @Nullable Object> what) {
        return before != null && Objects.equals(before.podUID(), after.podUID()) && what.apply(before) != null;
    }

    private static Optional<Notice> of(
            Function<@Nullable List<Condition>, Optional<Condition>> which,
            @Nullable PassthroughVMStatus before,
            PassthroughVMStatus after) {
        Optional<Cause> said = cause(which, before);
        return cause(which, after)
                .filter(cause -> said.isEmpty() || !said.get().equals(cause))
                .map(cause -> new Notice(cause.isWarning(), cause));
    }

    /** The machine may run all the same, its limit raised; but the calculator does not know this QEMU. */
    private static Optional<Notice> ofMeasurement(@Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        Memlock memlock = after.memlock();
        boolean told = before != null
                && Objects.equals(before.podUID(), after.podUID())
                && isBelowMeasurement(before.memlock());
        if (memlock == null || !isBelowMeasurement(memlock) || told) {
            return Optional.empty();
        }
        return Optional.of(new Notice(
                true,
                new Cause(
                        Reason.ModelBelowMeasurement,
                        "the launcher measured that VFIO will map %d bytes, but the model counts %d; report both numbers with the version of QEMU"
                                .formatted(memlock.measuredBytes(), memlock.requiredBytes()))));
    }

    private static Optional<Notice> ofHeadroom(@Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        boolean told = before != null
                && Objects.equals(before.podUID(), after.podUID())
                && lowHeadroom(before).isPresent();
        return told ? Optional.empty() : lowHeadroom(after).map(cause -> new Notice(true, cause));
    }

    private static Optional<Cause> lowHeadroom(PassthroughVMStatus status) {
        return VmConditions.find(status.conditions(), VmConditions.MEMLOCK_HEADROOM)
                .filter(condition -> Reason.HeadroomLow.isOf(condition))
                .map(Notice::cause);
    }

    private static boolean isBelowMeasurement(@Nullable Memlock memlock) {
        return memlock != null && memlock.measuredBytes() != null && memlock.measuredBytes() > memlock.requiredBytes();
    }

    private static Function<@Nullable List<Condition>, Optional<Condition>> named(String type) {
        return conditions -> VmConditions.find(conditions, type);
    }

    private static Optional<Cause> cause(
            Function<@Nullable List<Condition>, Optional<Condition>> which, @Nullable PassthroughVMStatus status) {
        return status == null
                ? Optional.empty()
                : which.apply(status.conditions()).map(Notice::cause);
    }

    private static Cause cause(Condition condition) {
        return new Cause(condition.getReason(), condition.getMessage());
    }
}
