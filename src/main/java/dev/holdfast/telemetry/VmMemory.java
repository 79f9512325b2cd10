package dev.holdfast.telemetry;

import org.jspecify.annotations.Nullable;

/**
 * The memory account of a running VM.
 *
 * @param lockedBytes   VmLck
 * @param peakBytes     the highest VmLck seen
 * @param pinnedBytes   VmPin
 * @param requiredBytes as the plan has it; null when the grant does not say
 * @param limitBytes    as applied; -1 for unlimited, which becomes infinity, so that limit less locked is what is left
 */
public record VmMemory(
        String namespace,
        String name,
        long lockedBytes,
        long peakBytes,
        long pinnedBytes,
        @Nullable Long requiredBytes,
        long limitBytes) {
    private static final long NO_LIMIT = -1;

    /** Returns the limit, infinity for none. */
    double limit() {
        return limitBytes == NO_LIMIT ? Double.POSITIVE_INFINITY : limitBytes;
    }
}
