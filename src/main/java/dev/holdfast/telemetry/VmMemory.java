package dev.holdfast.telemetry;

import org.jspecify.annotations.Nullable;

/**
 * Memory of a running VM.
 *
 * @param lockedBytes   VmLck
 * @param peakBytes     highest sampled VmLck
 * @param pinnedBytes   VmPin
 * @param requiredBytes required bytes of the plan; null when the grant has none
 * @param limitBytes    applied limit; -1 for unlimited, which is reported as infinity, so that limit less locked is the
 *                      headroom
 * @param thresholdBytes      headroom below which a warning is due; null when there is no limit or no plan
 */
public record VmMemory(
        String namespace,
        String name,
        long lockedBytes,
        long peakBytes,
        long pinnedBytes,
        @Nullable Long requiredBytes,
        long limitBytes,
        @Nullable Long thresholdBytes) {
    private static final long NO_LIMIT = -1;

    /** Returns the limit, infinity for none. */
    double limit() {
        return limitBytes == NO_LIMIT ? Double.POSITIVE_INFINITY : limitBytes;
    }
}
