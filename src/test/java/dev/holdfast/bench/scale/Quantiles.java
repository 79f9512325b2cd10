package dev.holdfast.bench.scale;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.LongStream;

/** Sorted durations in nanoseconds. */
public record Quantiles(long[] sorted) {
    /** Of durations in any order. */
    public static Quantiles of(LongStream nanos) {
        return new Quantiles(nanos.sorted().toArray());
    }

    /** Returns the smallest duration that {@code percent} of all do not exceed, in seconds. */
    public double seconds(int percent) {
        int index = Math.max(0, (int) Math.ceil(sorted.length * percent / 100.0) - 1);
        return sorted[index] / 1e9;
    }

    public int count() {
        return sorted.length;
    }

    /** P50, P95 and the longest, in seconds. */
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%.2f / %.2f / %.2f s", seconds(50), seconds(95), seconds(100));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Quantiles that && Arrays.equals(sorted, that.sorted);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sorted);
    }
}
