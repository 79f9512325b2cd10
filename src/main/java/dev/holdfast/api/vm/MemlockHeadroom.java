package dev.holdfast.api.vm;

import dev.holdfast.api.node.Grant;
import java.util.Optional;

/**
 * How far a running VM is from its limit, and whether that is too near. Pure.
 *
 * <p>An Exact limit is meant to be near what is locked: it is the sum that was counted and a margin of a few MiB. So
 * besides 2 % of the limit half of what was planned to stay free counts, and the smaller of the two is the threshold.
 *
 * @param limitBytes     RLIMIT_MEMLOCK in force
 * @param lockedBytes    VmLck
 * @param thresholdBytes what should stay free, 0 or more
 */
public record MemlockHeadroom(long limitBytes, long lockedBytes, long thresholdBytes) {
    private static final long PER_CENT = 100;
    private static final long LEAST_PER_CENT = 2;

    /**
     * Of a granted process that has locked this much.
     *
     * @return empty when there is no limit, and for a grant that does not say what was required
     */
    public static Optional<MemlockHeadroom> of(Grant grant, long lockedBytes) {
        Long required = grant.requiredBytes();
        if (grant.unlimited() || required == null) {
            return Optional.empty();
        }
        // A measurement that raised the limit is then what is expected to be locked.
        Long measured = grant.measuredBytes();
        long expected = measured == null ? required : Math.max(required, measured);
        return Optional.of(
                new MemlockHeadroom(grant.appliedBytes(), lockedBytes, thresholdBytes(grant.appliedBytes(), expected)));
    }

    /** As the node reports it; empty also while it reports nothing locked yet. */
    public static Optional<MemlockHeadroom> reported(Grant grant) {
        Long locked = grant.lockedBytes();
        return locked == null ? Optional.empty() : of(grant, locked);
    }

    /** The smaller of 2 % of the limit and half of what the plan leaves; 0 when the plan leaves nothing. */
    static long thresholdBytes(long limitBytes, long expectedBytes) {
        return Math.max(0, Math.min(limitBytes / PER_CENT * LEAST_PER_CENT, (limitBytes - expectedBytes) / 2));
    }

    /** What can still be locked; negative when the limit was lowered since. */
    public long bytes() {
        return limitBytes - lockedBytes;
    }

    /** Too near. */
    public boolean low() {
        return bytes() < thresholdBytes;
    }

    /** Far enough to take a warning back: half as far again, so that nothing flutters about the threshold. */
    public boolean ample() {
        return bytes() >= thresholdBytes + thresholdBytes / 2;
    }

    /** What was found, what it means, what to do. */
    public String warning() {
        return ("QEMU has locked %d bytes of its limit of %d, so %d are left where at least %d were expected to be; one"
                        + " more mapping may fail, so start the VM anew under the memlock policy Libvirt, and report"
                        + " these numbers with the version of QEMU")
                .formatted(lockedBytes, limitBytes, bytes(), thresholdBytes);
    }
}
