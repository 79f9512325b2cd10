package dev.holdfast.bench;

import dev.holdfast.bench.scale.ProcessUsage;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the time of one start went, in milliseconds.
 *
 * @param begin     from the call of the command until the dry-run: JVM, classes, reading of the shape
 * @param dryRun    QEMU's start without devices, its memory map, its end
 * @param grant     the request and its answer
 * @param rest      command line, and all else until {@code execve}
 * @param execution from the call of the command until QEMU's program runs in its process
 * @param processor processor time of the process until then
 * @param guest     from there until QEMU runs the guest's processors
 */
record LaunchTimes(long begin, long dryRun, long grant, long rest, long execution, long processor, long guest) {
    private static final Pattern MEASURED = Pattern.compile("(?m)^(\\S+) .* measured in a dry-run .*tookMs=\"?(\\d+)");
    private static final Pattern EXECUTING = Pattern.compile("(?m)^(\\S+) .* executing QEMU .*waitedMs=\"?(\\d+)");

    /**
     * Reads the times of the launcher from its log.
     *
     * @param called   when its command was called
     * @param executed what {@code src/test/bench/qemu} wrote when it began
     * @param ran      when QEMU ran the guest
     * @throws IllegalStateException when the launcher made no dry-run
     */
    static LaunchTimes of(Instant called, String log, String executed, Instant ran) {
        Matcher measured = find(MEASURED, log);
        Matcher executing = find(EXECUTING, log);
        long dryRun = Long.parseLong(measured.group(2));
        long begin = millis(called, Instant.parse(measured.group(1))) - dryRun;
        long grant = Long.parseLong(executing.group(2));
        String[] lines = executed.split("\n", 2);
        Instant moment = Instant.ofEpochSecond(0, Long.parseLong(lines[0]));
        long execution = millis(called, moment);
        return new LaunchTimes(
                begin,
                dryRun,
                grant,
                execution - begin - dryRun - grant,
                execution,
                ProcessUsage.cpuMillis(lines[1]),
                millis(moment, ran));
    }

    /** Returns the median of each time by itself. */
    static LaunchTimes median(List<LaunchTimes> all) {
        return new LaunchTimes(
                median(all, LaunchTimes::begin),
                median(all, LaunchTimes::dryRun),
                median(all, LaunchTimes::grant),
                median(all, LaunchTimes::rest),
                median(all, LaunchTimes::execution),
                median(all, LaunchTimes::processor),
                median(all, LaunchTimes::guest));
    }

    private static long median(List<LaunchTimes> all, ToLongFunction<LaunchTimes> time) {
        return all.stream()
                .map(time::applyAsLong)
                .sorted(Comparator.naturalOrder())
                .toList()
                .get(all.size() / 2);
    }

    private static Matcher find(Pattern pattern, String log) {
        Matcher matcher = pattern.matcher(log);
        if (!matcher.find()) {
            throw new IllegalStateException("no line of the log matches %s: %s".formatted(pattern, log));
        }
        return matcher;
    }

    private static long millis(Instant from, Instant to) {
        return Duration.between(from, to).toMillis();
    }
}
