package dev.holdfast.api.vm;

import dev.holdfast.api.node.Grant;
import java.util.Optional;

/**
 * Headroom of a running VM: the distance to its limit, and the threshold below which it is low. Pure.
 *
 * <p>An Exact limit is close to the locked memory by design: it is the required bytes and a margin of a few MiB. The
 * threshold is therefore the smaller of 2 % of the limit and half of the planned margin.
 *
 * @param limitBytes     RLIMIT_MEMLOCK in force
 * @param lockedBytes    VmLck
 * @param thresholdBytes headroom below which a warning is due, 0 or more
 */
public record MemlockHeadroom(long limitBytes, long lockedBytes, long thresholdBytes) {
    private static final long PER_CENT = 100;
    private static final long MIN_PER_CENT = 2;

    /**
     * Returns the headroom of a granted process that has locked these bytes.
     *
     * @return empty if there is no limit, or if the grant does not contain the required bytes
     */
    public static Optional<MemlockHeadroom> of(Grant grant, long lockedBytes) {
        Long required = grant.requiredBytes();
        if (grant.unlimited() || required == null) {
            return Optional.empty();
        }
        // If a measurement raised the limit, it replaces the required bytes.
        Long measured = grant.measuredBytes();
        long expected = measured == null ? required : Math.max(required, measured);
        return Optional.of(
                new MemlockHeadroom(grant.appliedBytes(), lockedBytes, thresholdBytes(grant.appliedBytes(), expected)));
    }

    /** Returns the headroom that the node reports; empty also until the node reports locked memory. */
    public static Optional<MemlockHeadroom> reported(Grant grant) {
        Long locked = grant.lockedBytes();
        return locked == null ? Optional.empty() : of(grant, locked);
    }

    /** Returns the smaller of 2 % of the limit and half of the planned margin, in bytes; 0 if there is no margin. */
    static long thresholdBytes(long limitBytes, long expectedBytes) {
        return Math.max(0, Math.min(limitBytes / PER_CENT * MIN_PER_CENT, (limitBytes - expectedBytes) / 2));
    }

    /** Returns the bytes that can still be locked; negative if the limit was lowered since. */
    public long bytes() {
        return limitBytes - lockedBytes;
    }

    /** Returns whether the headroom is below the threshold. */
    public boolean low() {
        return bytes() < thresholdBytes;
    }

    /** Returns whether the headroom suffices to clear a warning: one and a half times the threshold, for hysteresis. */
    public boolean ample() {
        return bytes() >= thresholdBytes + thresholdBytes / 2;
    }

    /** Returns the warning: value found, what is required, remedy. */
    public String warning() {
        return ("QEMU has locked %d bytes of its limit of %d; %d are left, but at least %d must be, or the next"
                        + " mapping can fail; restart the VM with the memlock policy Libvirt, and report these numbers with"
                        + " the version of QEMU")
                .formatted(lockedBytes, limitBytes, bytes(), thresholdBytes);
    }
}
