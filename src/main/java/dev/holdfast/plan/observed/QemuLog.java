package dev.holdfast.plan.observed;

import dev.holdfast.text.Quoted;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * QEMU's own messages in the output that it shares with the guest's console. A guest can imitate them, so they are only
 * shown to the user; no decision depends on them.
 */
public final class QemuLog {
    /** A line of QEMU's {@code error_report} with {@code -msg timestamp=on}, except warnings. */
    private static final Pattern ERROR = Pattern.compile("^(?:\\S+Z )?qemu-system-x86_64: (?!warning: )(.*)$");

    /**
     * Messages of hw/vfio when the kernel refuses to pin or to map: VFIO_MAP_DMA and vfio_dma_map in QEMU 7.2, whose error
     * number may be missing, and only vfio_container_dma_map in QEMU 10.0.
     */
    private static final Pattern MAPPING = Pattern.compile("VFIO_MAP_DMA failed|vfio_(?:container_)?dma_map");

    /** A long option that QEMU repeats before its message, which would then be cut off. */
    private static final Pattern JSON_OPTION = Pattern.compile("^(-\\S+) \\{.*}: ");

    private static final int MAX_CHARS = 300;

    private QemuLog() {}

    /** Returns the last error that is not a warning, without QEMU's name and the time; empty when there is none. */
    public static Optional<String> error(String output) {
        return lines(output).stream()
                .map(ERROR::matcher)
                .filter(Matcher::matches)
                .map(line -> JSON_OPTION.matcher(line.group(1)).replaceFirst("$1: "))
                .filter(message -> !message.isBlank())
                .map(QemuLog::shown)
                .findFirst();
    }

    /** Returns what else to check besides the container's output, with a semicolon at the end; empty for most errors. */
    public static String advice(String output) {
        List<String> failures = lines(output).stream()
                .map(ERROR::matcher)
                .filter(Matcher::matches)
                .map(line -> line.group(1))
                .filter(message -> MAPPING.matcher(message).find())
                .toList();
        if (failures.isEmpty()) {
            return "";
        }
        return failures.stream().anyMatch(message -> message.contains("Invalid argument"))
                ? "VFIO cannot map an address of the guest, see \"Invalid argument (-22)\" in docs/troubleshooting.md; "
                : "VFIO cannot lock the guest's memory: look for RLIMIT_MEMLOCK in the kernel log of the node and compare it"
                        + " with status.memlock of the VM, see \"When it fails anyway\" in docs/memlock.md; ";
    }

    /** Returns the last line that is not blank. */
    public static Optional<String> lastLine(String output) {
        return lines(output).stream()
                .filter(line -> !line.isBlank())
                .findFirst()
                .map(QemuLog::shown);
    }

    /** Returns the lines from the last to the first. */
    private static List<String> lines(String output) {
        return output.lines().map(String::strip).toList().reversed();
    }

    private static String shown(String message) {
        return Quoted.plain(message, MAX_CHARS);
    }
}
