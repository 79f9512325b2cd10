package dev.holdfast.testbed;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The kernel's values for a pod's process, as src/test/virtual-node/observe printed them.
 *
 * @param changes every change of name, limit or locked memory, oldest first
 * @param summary null while the process runs
 */
public record Observation(List<Change> changes, @Nullable Summary summary) {
    private static final Pattern CHANGE = Pattern.compile("([0-9.]+) (\\d+) (\\S+) (\\d+|unlimited) (\\d+)");
    private static final Pattern SUMMARY = Pattern.compile("samples (\\d+) milliseconds (\\d+) peak (\\d+)");

    /**
     * One change.
     *
     * @param limitBytes  RLIMIT_MEMLOCK; -1 when unlimited
     * @param lockedBytes VmLck
     */
    public record Change(double epochSeconds, long pid, String name, long limitBytes, long lockedBytes) {}

    /** All samples since the limit was last changed. */
    public record Summary(long samples, long milliseconds, long peakBytes) {
        public double samplesPerSecond() {
            return samples * 1000.0 / Math.max(1, milliseconds);
        }
    }

    /** Reads what has been written so far; a half line at the end waits for its other half. */
    public static Observation parse(String text) {
        List<Change> changes =
                CHANGE.matcher(text).results().map(Observation::change).toList();
        Matcher summary = SUMMARY.matcher(text);
        return new Observation(
                changes,
                summary.find()
                        ? new Summary(
                                number(summary.group(1)), number(summary.group(2)), number(summary.group(3)) * 1024)
                        : null);
    }

    private static Change change(java.util.regex.MatchResult line) {
        return new Change(
                Double.parseDouble(line.group(1)),
                number(line.group(2)),
                line.group(3),
                line.group(4).equals("unlimited") ? -1 : number(line.group(4)),
                number(line.group(5)) * 1024);
    }

    private static long number(String digits) {
        return Long.parseLong(digits);
    }

    /** Returns the first limit, before it was raised. */
    public long firstLimitBytes() {
        return changes.getFirst().limitBytes();
    }

    public Change last() {
        return changes.getLast();
    }

    /** The most that was ever locked. */
    public long peakLockedBytes() {
        return changes.stream().mapToLong(Change::lockedBytes).max().orElse(0);
    }
}
