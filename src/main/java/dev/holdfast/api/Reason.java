package dev.holdfast.api;

import io.fabric8.kubernetes.api.model.Condition;
import java.util.Optional;

/**
 * Reasons of conditions, Events, log lines and metrics of a VM, and of conditions of a device class. The cause and the remedy of each are on the page
 * {@link #DOCUMENT}. Beside these a VM reports the kubelet's own reason for a container that does not start.
 */
public enum Reason {
    Applied(Severity.NORMAL),
    ClaimIsDeleted(Severity.WARNING),
    ClaimLost(Severity.WARNING),
    ClaimNotBound(Severity.WARNING),
    ClaimNotFound(Severity.WARNING),
    /** Same reason as the kubelet's for a container in back-off. */
    CrashLoopBackOff(Severity.WARNING),
    Created(Severity.NORMAL),
    DRANotAvailable(Severity.WARNING),
    DeviceClassKept(Severity.NORMAL),
    DeviceClassRefused(Severity.WARNING),
    DeviceClassTaken(Severity.WARNING),
    DeviceClassUnknown(Severity.WARNING),
    DeviceMissing(Severity.WARNING),
    DeviceNotViable(Severity.WARNING),
    DeviceQuarantined(Severity.WARNING),
    DeviceUnknown(Severity.WARNING),
    DevicesInUse(Severity.WARNING),
    ExtendedResourceDropped(Severity.WARNING),
    ExtendedResourceOffered(Severity.NORMAL),
    ExtendedResourceShared(Severity.WARNING),
    FormerProcessAlive(Severity.WARNING),
    FormerProcessUnknown(Severity.WARNING),
    Granted(Severity.NORMAL),
    GuestFailed(Severity.WARNING),
    GuestPanicked(Severity.WARNING),
    GuestStopped(Severity.NORMAL),
    Halted(Severity.NORMAL),
    HeadroomLow(Severity.WARNING),
    HeadroomSufficient(Severity.NORMAL),
    ImagePullFailed(Severity.WARNING),
    ImageVolumesDisabled(Severity.WARNING),
    InvalidRestartedAt(Severity.WARNING),
    InvalidSpec(Severity.WARNING),
    InvalidStatus(Severity.WARNING),
    LaunchFailed(Severity.WARNING),
    MemlockLimitTooLow(Severity.WARNING),
    MemlockPolicyNotAllowed(Severity.WARNING),
    ModelBelowMeasurement(Severity.WARNING),
    NameTaken(Severity.WARNING),
    NodeLost(Severity.WARNING),
    NodeReportUndecodable(Severity.WARNING),
    NotEnoughDevices(Severity.WARNING),
    OutOfMemory(Severity.WARNING),
    PodEnded(Severity.NORMAL),
    PodEvicted(Severity.NORMAL),
    PodLeaving(Severity.NORMAL),
    PodOutdated(Severity.NORMAL),
    PodRefused(Severity.WARNING),
    PodTerminating(Severity.NORMAL),
    PodTooSmall(Severity.WARNING),
    PodUndecodable(Severity.WARNING),
    PodVanished(Severity.WARNING),
    PrepareFailed(Severity.WARNING),
    PreparingPod(Severity.NORMAL),
    QemuFailed(Severity.WARNING),
    ResourceClaimElsewhere(Severity.WARNING),
    ResourceClaimNotAllocated(Severity.WARNING),
    ResourceClaimNotFound(Severity.WARNING),
    ResourceClaimNotSupported(Severity.WARNING),
    ResourceClaimReserved(Severity.WARNING),
    ResourceClaimsDisabled(Severity.WARNING),
    Restarting(Severity.NORMAL),
    RunStrategyOnce(Severity.WARNING),
    Running(Severity.NORMAL),
    Scheduled(Severity.NORMAL),
    Scheduling(Severity.NORMAL),
    SpecDiffers(Severity.NORMAL),
    StateLeaving(Severity.WARNING),
    Unschedulable(Severity.WARNING),
    WaitingForGrant(Severity.NORMAL),
    WaitingForRelease(Severity.WARNING);

    /** Page of {@code docs/} that has the cause and the remedy of each. */
    public static final String DOCUMENT = "troubleshooting.md";

    /** Specifies whether the user has to act. */
    public enum Severity {
        /** Normal progress, or a state that the user requested. */
        NORMAL,
        /** A problem that needs attention. */
        WARNING
    }

    private final Severity severity;

    Reason(Severity severity) {
        this.severity = severity;
    }

    public Severity severity() {
        return severity;
    }

    /** Returns whether the condition has this reason. */
    public boolean isOf(Condition condition) {
        return name().equals(condition.getReason());
    }

    /** Returns the reason with this name; empty for the kubelet's own reasons and for those of other versions. */
    public static Optional<Reason> of(String reason) {
        for (Reason known : values()) {
            if (known.name().equals(reason)) {
                return Optional.of(known);
            }
        }
        return Optional.empty();
    }
}
