package dev.holdfast.demo;

import dev.holdfast.api.node.GrantedDevice;
import java.util.List;

/**
 * The contents of result.json: only what was observed.
 *
 * @param guestPci the guest's own list: address, vendor:device, class
 * @param seconds  from the start of the demo to its end
 */
record Result(Vm vm, List<GrantedDevice> devices, List<String> guestPci, Blocked blocked, double seconds) {
    /**
     * The VM while it ran.
     *
     * @param inheritedBytes   the container's limit before the grant, from /proc
     * @param limitBytes       the plan, from the VM's status
     * @param appliedBytes     what the agent reported
     * @param kernelBytes      the limit of the QEMU process, from /proc
     * @param peakLockedBytes  the highest VmLck of all samples
     * @param tightness        limitBytes ÷ peakLockedBytes
     * @param samplesPerSecond how often VmLck was read
     */
    record Vm(
            String phase,
            long inheritedBytes,
            long limitBytes,
            long appliedBytes,
            long kernelBytes,
            long peakLockedBytes,
            double tightness,
            double samplesPerSecond) {}

    /** The condition of the VM that cannot run. */
    record Blocked(String reason, String message) {}
}
