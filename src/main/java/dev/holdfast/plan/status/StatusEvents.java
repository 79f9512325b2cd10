package dev.holdfast.plan.status;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import dev.holdfast.plan.machine.Given;
import dev.holdfast.plan.observed.RecordedStatus;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
public record StatusEvents(boolean warning, Cause cause) {
    private static final Set<Phase> STARTS = EnumSet.of(Phase.Starting, Phase.Running);

    /** Empty when the new status says nothing new. */
    public static List<StatusEvents> between(@Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        return between(new RecordedStatus(before), new RecordedStatus(after));
    }

    private static List<StatusEvents> between(RecordedStatus before, RecordedStatus after) {
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
    private static Optional<StatusEvents> ofNode(RecordedStatus before, RecordedStatus after) {
        return after.node()
                .filter(node -> after.phase().filter(STARTS::contains).isPresent())
                .filter(node -> !isKnown(before, after, RecordedStatus::node))
                .map(node -> new StatusEvents(
                        false,
                        new Cause(
                                Reason.Scheduled,
                                "pod %s is on node %s".formatted(after.status().podName(), node))));
    }

    private static Optional<StatusEvents> ofGrant(RecordedStatus before, RecordedStatus after) {
        return after.devices()
                .filter(granted -> !isKnown(before, after, RecordedStatus::devices))
                .flatMap(granted -> cause(named(VmConditions.DEVICES_ALLOCATED), after))
                .flatMap(devices -> cause(named(VmConditions.MEMLOCK_APPLIED), after)
                        .map(limit -> new StatusEvents(
                                false, new Cause(Reason.Granted, devices.message() + "; " + limit.message()))));
    }

    /** Something was said of this very pod. */
    private static boolean isKnown(
            RecordedStatus before, RecordedStatus after, Function<RecordedStatus, Optional<?>> what) {
        return before.hasPodOf(after) && what.apply(before).isPresent();
    }

    private static Optional<StatusEvents> of(
            Function<List<Condition>, Optional<Condition>> which, RecordedStatus before, RecordedStatus after) {
        Optional<Cause> said = cause(which, before);
        return cause(which, after)
                .filter(cause -> said.isEmpty() || !said.get().equals(cause))
                .map(cause -> new StatusEvents(cause.isWarning(), cause));
    }

    /** The machine may run all the same, its limit raised; but the calculator does not know this QEMU. */
    private static Optional<StatusEvents> ofMeasurement(RecordedStatus before, RecordedStatus after) {
        return belowMeasurement(after)
                .filter(memlock -> !isKnown(before, after, StatusEvents::belowMeasurement))
                .map(memlock -> new StatusEvents(
                        true,
                        new Cause(
                                Reason.ModelBelowMeasurement,
                                "the launcher measured that VFIO will map %d bytes, but the model counts %d; report both numbers with the version of QEMU"
                                        .formatted(memlock.measuredBytes(), memlock.requiredBytes()))));
    }

    private static Optional<StatusEvents> ofHeadroom(RecordedStatus before, RecordedStatus after) {
        return lowHeadroom(after)
                .filter(cause -> !isKnown(before, after, StatusEvents::lowHeadroom))
                .map(cause -> new StatusEvents(true, cause));
    }

    private static Optional<Cause> lowHeadroom(RecordedStatus status) {
        return VmConditions.find(status.conditions(), VmConditions.MEMLOCK_HEADROOM)
                .filter(condition -> Reason.HeadroomLow.isOf(condition))
                .map(Cause::of);
    }

    private static Optional<Memlock> belowMeasurement(RecordedStatus status) {
        return status.memlock()
                .filter(memlock -> Given.of(memlock.measuredBytes())
                        .filter(measured -> measured > memlock.requiredBytes())
                        .isPresent());
    }

    private static Function<List<Condition>, Optional<Condition>> named(String type) {
        return conditions -> VmConditions.find(conditions, type);
    }

    private static Optional<Cause> cause(Function<List<Condition>, Optional<Condition>> which, RecordedStatus status) {
        return which.apply(status.conditions()).map(Cause::of);
    }
}
