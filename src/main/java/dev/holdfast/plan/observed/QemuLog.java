package dev.holdfast.plan.observed;

import dev.holdfast.text.Quoted;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What QEMU says of itself in the output that it shares with the guest's console. The guest may imitate it: its user
 * reads then what the guest wrote, and nobody decides by it.
 */
public final class QemuLog {
    /** {@code error_report} of QEMU, with {@code -msg timestamp=on}; a warning ends nothing. */
    private static final Pattern ERROR = Pattern.compile("^(?:\\S+Z )?qemu-system-x86_64: (?!warning: )(.*)$");

    /**
     * What hw/vfio says when the kernel refuses to pin or to map: QEMU 7.2 VFIO_MAP_DMA and vfio_dma_map, whose error number
     * may be lost, QEMU 10.0 vfio_container_dma_map alone.
     */
    private static final Pattern MAPPING = Pattern.compile("VFIO_MAP_DMA failed|vfio_(?:container_)?dma_map");

    /** An option that QEMU repeats before it says what is wrong with it, which would be cut off. */
    private static final Pattern JSON_OPTION = Pattern.compile("^(-\\S+) \\{.*}: ");

    private static final int MAX_CHARS = 300;

    private QemuLog() {}

    /** The last error, not a warning, without QEMU's name and the time; empty when there is none. */
    public static Optional<String> error(String output) {
        return lines(output).stream()
                .map(ERROR::matcher)
                .filter(Matcher::matches)
                .map(line -> JSON_OPTION.matcher(line.group(1)).replaceFirst("$1: "))
                .filter(words -> !words.isBlank())
                .map(QemuLog::shown)
                .findFirst();
    }

    /** What to look at besides the container's output, before a semicolon; empty for most errors. */
    public static String advice(String output) {
        List<String> failures = lines(output).stream()
                .map(ERROR::matcher)
                .filter(Matcher::matches)
                .map(line -> line.group(1))
                .filter(words -> MAPPING.matcher(words).find())
                .toList();
        if (failures.isEmpty()) {
            return "";
        }
        return failures.stream().anyMatch(words -> words.contains("Invalid argument"))
                ? "VFIO cannot map an address of the guest, see \"Invalid argument (-22)\" in docs/troubleshooting.md; "
                : "VFIO cannot lock the guest's memory: look for RLIMIT_MEMLOCK in the kernel log of the node and compare it"
                        + " with status.memlock of the VM, see \"When it fails anyway\" in docs/memlock.md; ";
    }

    /** The last line that says anything. */
    public static Optional<String> lastLine(String output) {
        return lines(output).stream()
                .filter(line -> !line.isBlank())
                .findFirst()
                .map(QemuLog::shown);
    }

    /** From the last to the first. */
    private static List<String> lines(String output) {
        return output.lines().map(String::strip).toList().reversed();
    }

    private static String shown(String words) {
        return Quoted.plain(words, MAX_CHARS);
    }
}
