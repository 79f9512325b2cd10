package dev.holdfast.host.process;

import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Processes as shown by /proc. All files read here are world-readable, so the agent does not need CAP_SYS_PTRACE.
 *
 * @param root /proc, or a directory of the same structure
 */
public record Procfs(Path root) {
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final long KIB = 1024;
    /** proc_pid_stat(5): start time is field 22; the first one after the command's name is field 3. */
    private static final int START_TICKS = 22 - 3;
    /** USER_HZ is 100 on every architecture that Holdfast runs on. */
    private static final long MILLIS_PER_TICK = 10;

    /** Returns the status of a process; empty when there is no such process. */
    public Optional<ProcessStatus> status(int pid) {
        return read(pid, "status").map(Procfs::parseStatus);
    }

    /** Returns the start time of a process in clock ticks since boot; empty when there is no such process. */
    public OptionalLong startTicks(int pid) {
        return read(pid, "stat").map(Procfs::parseStartTicks).orElse(OptionalLong.empty());
    }

    /**
     * Returns how long a process has run, by the kernel's clock of this boot; empty when there is no such process. {@link
     * ProcessHandle} is wrong by up to a second, as it adds the ticks to a time of boot in whole seconds.
     */
    public Optional<Duration> age(int pid) {
        OptionalLong started = startTicks(pid);
        return started.isEmpty()
                ? Optional.empty()
                : read(root.resolve("uptime"))
                        .map(uptime -> Duration.ofMillis(millis(uptime) - started.getAsLong() * MILLIS_PER_TICK));
    }

    /** Converts the first number of /proc/uptime (proc_uptime(5)), seconds with two decimals. */
    private static long millis(String uptime) {
        return new BigDecimal(BLANKS.split(uptime)[0]).movePointRight(3).longValue();
    }

    /**
     * Returns the cgroup v2 path that the process shows. It is relative to the reader's cgroup namespace and can have names
     * that the process's own container chose: it is a hint and does not identify the pod.
     */
    public Optional<String> cgroup(int pid) {
        return read(pid, "cgroup")
                .flatMap(text -> text.lines()
                        .filter(line -> line.startsWith("0::"))
                        .map(line -> line.substring("0::".length()))
                        .findFirst());
    }

    /**
     * Parses the start time. The name is in parentheses and may itself have blanks and parentheses: the last parenthesis
     * ends it.
     */
    static OptionalLong parseStartTicks(String stat) {
        int end = stat.lastIndexOf(')');
        String[] fields = BLANKS.split(stat.substring(end + 1).strip());
        return end < 0 || fields.length <= START_TICKS
                ? OptionalLong.empty()
                : OptionalLong.of(Long.parseUnsignedLong(fields[START_TICKS]));
    }

    static ProcessStatus parseStatus(String text) {
        Map<String, String> fields = new HashMap<>();
        text.lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                // The kernel escapes line feeds in the name, so no process can add a line of its own.
                fields.putIfAbsent(
                        line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
        List<Integer> pids = Stream.of(BLANKS.split(fields.getOrDefault("NSpid", "0")))
                .map(Integer::valueOf)
                .toList();
        return new ProcessStatus(
                fields.getOrDefault("Name", "?"), bytes(fields.get("VmLck")), bytes(fields.get("VmPin")), pids);
    }

    private static long bytes(@Nullable String kibibytes) {
        return kibibytes == null ? 0 : Long.parseLong(BLANKS.split(kibibytes)[0]) * KIB;
    }

    private Optional<String> read(int pid, String file) {
        return read(root.resolve(Integer.toString(pid)).resolve(file));
    }

    /** Reads a file; empty after any failure, as reading a process that has ended fails with ENOENT or ESRCH. */
    private static Optional<String> read(Path file) {
        try {
            // Not UTF-8: the name of a process may have any bytes.
            return Optional.of(Files.readString(file, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
