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
 * Changes of a VM's status that are reported by an Event and a log line: a pod got a node or a limit; the message of the
 * conditions Ready, RestartRequired and RestartPossible changed; QEMU maps more than was computed, once for each pod; and
 * the headroom became low.
 *
 * @param warning whether the user has to act
 */
public record StatusEvents(boolean warning, Cause cause) {
    private static final Set<Phase> STARTS = EnumSet.of(Phase.Starting, Phase.Running);

    /** Returns the events for a change of the status; none when nothing to report has changed. */
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

    /** Returns the event for a new node; none when the same write of the status reports the grant, which names the node too. */
    private static Optional<StatusEvents> ofNode(RecordedStatus before, RecordedStatus after) {
        return after.node()
                .filter(node -> after.phase().filter(STARTS::contains).isPresent())
                .filter(node -> after.devices().isEmpty())
                .filter(node -> !isKnown(before, after, RecordedStatus::node))
                .map(node -> new StatusEvents(
                        false,
                        new Cause(
                                Reason.Scheduled,
                                "pod %s is scheduled to node %s"
                                        .formatted(after.status().podName(), node))));
    }

    private static Optional<StatusEvents> ofGrant(RecordedStatus before, RecordedStatus after) {
        return after.devices()
                .filter(granted -> !isKnown(before, after, RecordedStatus::devices))
                .flatMap(granted -> cause(named(VmConditions.DEVICES_ALLOCATED), after))
                .flatMap(devices -> cause(named(VmConditions.MEMLOCK_APPLIED), after)
                        .map(limit -> new StatusEvents(
                                false, new Cause(Reason.Granted, devices.message() + "; " + limit.message()))));
    }

    /** Returns whether the status before already has this part for the same pod. */
    private static boolean isKnown(
            RecordedStatus before, RecordedStatus after, Function<RecordedStatus, Optional<?>> part) {
        return before.hasPodOf(after) && part.apply(before).isPresent();
    }

    private static Optional<StatusEvents> of(
            Function<List<Condition>, Optional<Condition>> condition, RecordedStatus before, RecordedStatus after) {
        Optional<Cause> earlier = cause(condition, before);
        return cause(condition, after)
                .filter(cause -> earlier.isEmpty() || !earlier.get().equals(cause))
                .map(cause -> new StatusEvents(cause.isWarning(), cause));
    }

    /** Returns the event for a measurement above the model; the machine may still run, with a raised limit. */
    private static Optional<StatusEvents> ofMeasurement(RecordedStatus before, RecordedStatus after) {
        return belowMeasurement(after)
                .filter(memlock -> !isKnown(before, after, StatusEvents::belowMeasurement))
                .map(memlock -> new StatusEvents(
                        true,
                        new Cause(
                                Reason.ModelBelowMeasurement,
                                "the launcher measured that VFIO will map %d bytes, but the model computes %d; report both numbers and the version of QEMU"
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

    private static Optional<Cause> cause(
            Function<List<Condition>, Optional<Condition>> condition, RecordedStatus status) {
        return condition.apply(status.conditions()).map(Cause::of);
    }
}
