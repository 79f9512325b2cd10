package dev.holdfast.bench.scale;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a process has used so far, as the kernel counts it.
 *
 * @param cpuMillis       time on processors, of all threads
 * @param residentKib     memory that is resident now
 * @param peakResidentKib the most memory that was
 */
public record ProcessUsage(long cpuMillis, long residentKib, long peakResidentKib) {
    private static final Pattern RESIDENT = Pattern.compile("VmRSS:\\s+(\\d+) kB");
    private static final Pattern PEAK = Pattern.compile("VmHWM:\\s+(\\d+) kB");
    /** USER_HZ is 100 on every architecture that Holdfast runs on. */
    private static final long MILLIS_PER_TICK = 10;

    /** Reads it; the process must run. */
    public static ProcessUsage of(long pid) {
        Path process = Path.of("/proc", String.valueOf(pid));
        try {
            String stat = Files.readString(process.resolve("stat"));
            String status = Files.readString(process.resolve("status"));
            return new ProcessUsage(cpuMillis(stat), number(RESIDENT, status), number(PEAK, status));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Returns the time of a process on processors.
     *
     * @param stat its /proc/PID/stat
     */
    public static long cpuMillis(String stat) {
        return millis(stat, 11);
    }

    /** Returns the time on processors of all children of this process that have ended. */
    public static long ofEndedChildren() throws IOException {
        return millis(Files.readString(Path.of("/proc/self/stat")), 13);
    }

    /** Sums user and system time, which begin at this field after the name. */
    private static long millis(String stat, int first) {
        // The name in parentheses may contain spaces.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[first]) + Long.parseLong(fields[first + 1])) * MILLIS_PER_TICK;
    }

    private static long number(Pattern pattern, String status) {
        Matcher matcher = pattern.matcher(status);
        if (!matcher.find()) {
            throw new IllegalStateException("no " + pattern + " in " + status);
        }
        return Long.parseLong(matcher.group(1));
    }
}
