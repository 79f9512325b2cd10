package dev.holdfast.plan;

import dev.holdfast.api.vm.PassthroughVMStatus;
import dev.holdfast.api.vm.PassthroughVMStatus.Memlock;
import dev.holdfast.api.vm.PassthroughVMStatus.Phase;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Objects;
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
public record Notice(boolean warning, Why why) {
    /** How we learn of a QEMU that maps what no term counts. */
    public static final String MODEL_BELOW_MEASUREMENT = "ModelBelowMeasurement";

    /** A running machine comes near its limit: the reason of the condition MemlockHeadroom. */
    static final String HEADROOM_LOW = "HeadroomLow";

    /** A running machine's spec has changed: the reason of the condition RestartRequired. */
    static final String SPEC_DIFFERS = "SpecDiffers";

    /** The pod leaves its node, and not because its VM's user wants it. */
    static final String EVICTED = "PodEvicted";

    /** A restart that was asked for is under way. */
    static final String RESTARTING = "Restarting";

    /** The pod of a VM that was deleted keeps its name a little longer. */
    static final String FORMER_POD = "FormerPodExists";

    /** Steps on the way, and what the user asked for. */
    private static final Set<String> NORMAL = Set.of(
            "Running",
            "Halted",
            "GuestStopped",
            "PodTerminating",
            EVICTED,
            FORMER_POD,
            "PreparingPod",
            "WaitingForGrant",
            "PodOutdated",
            RESTARTING,
            SPEC_DIFFERS,
            StatusPlan.SCHEDULING);

    /** Empty when the new status says nothing new. */
    public static List<Notice> between(@Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        return Stream.of(
                        ofNode(before, after),
                        ofGrant(before, after),
                        of(VmConditions.READY, before, after),
                        of(VmConditions.RESTART_REQUIRED, before, after),
                        of(VmConditions.RESTART_POSSIBLE, before, after),
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
                        new Why("Scheduled", "pod %s is on node %s".formatted(after.podName(), after.nodeName()))))
                : Optional.empty();
    }

    private static Optional<Notice> ofGrant(@Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        return after.devices() != null && !isKnown(before, after, PassthroughVMStatus::devices)
                ? why(VmConditions.DEVICES_ALLOCATED, after)
                        .flatMap(devices -> why(VmConditions.MEMLOCK_APPLIED, after)
                                .map(limit -> new Notice(
                                        false, new Why("Granted", devices.sentence() + "; " + limit.sentence()))))
                : Optional.empty();
    }

    private static boolean isKnown(
            @Nullable PassthroughVMStatus before,
            PassthroughVMStatus after,
            Function<PassthroughVMStatus, @Nullable Object> what) {
        return before != null && Objects.equals(before.podUID(), after.podUID()) && what.apply(before) != null;
    }

    private static Optional<Notice> of(String type, @Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        Optional<Why> said = why(type, before);
        return why(type, after)
                .filter(why -> said.isEmpty() || !said.get().equals(why))
                .map(why -> new Notice(!NORMAL.contains(why.reason()), why));
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
                new Why(
                        MODEL_BELOW_MEASUREMENT,
                        "the launcher measured that VFIO will map %d bytes, but the model counts %d; report both numbers with the version of QEMU"
                                .formatted(memlock.measuredBytes(), memlock.requiredBytes()))));
    }

    private static Optional<Notice> ofHeadroom(@Nullable PassthroughVMStatus before, PassthroughVMStatus after) {
        boolean told = before != null
                && Objects.equals(before.podUID(), after.podUID())
                && lowHeadroom(before).isPresent();
        return told ? Optional.empty() : lowHeadroom(after).map(why -> new Notice(true, why));
    }

    private static Optional<Why> lowHeadroom(PassthroughVMStatus status) {
        return VmConditions.find(status.conditions(), VmConditions.MEMLOCK_HEADROOM)
                .filter(condition -> HEADROOM_LOW.equals(condition.getReason()))
                .map(Notice::why);
    }

    private static boolean isBelowMeasurement(@Nullable Memlock memlock) {
        return memlock != null && memlock.measuredBytes() != null && memlock.measuredBytes() > memlock.requiredBytes();
    }

    private static Optional<Why> why(String type, @Nullable PassthroughVMStatus status) {
        return status == null
                ? Optional.empty()
                : VmConditions.find(status.conditions(), type).map(Notice::why);
    }

    private static Why why(Condition condition) {
        return new Why(condition.getReason(), condition.getMessage());
    }
}
