package dev.holdfast.cli;

import dev.holdfast.memlock.ExactPolicy;
import dev.holdfast.memlock.LibvirtPolicy;
import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Term;
import dev.holdfast.memlock.UnlimitedPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Formats a memlock plan as a table of the terms and the limit. */
public final class MemlockTable {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

    private MemlockTable() {}

    public static String of(MemlockResult machine) {
        MemlockPlan plan = machine.plan();
        List<List<Row>> blocks = new ArrayList<>();
        blocks.add(rows(plan.terms()));
        List<Row> results = new ArrayList<>();
        results.add(new Row("required", plan.requiredBytes(), sum(machine)));
        if (plan.policy().equals(LibvirtPolicy.NAME)) {
            blocks.add(results);
            blocks.add(rows(LibvirtPolicy.sum(machine.counted()).terms()));
            results = new ArrayList<>();
        }
        results.addAll(limit(plan));
        blocks.add(results);
        return "%s, policy %s%n".formatted(machine.title(), plan.policy()) + text(blocks) + notes(machine.notes());
    }

    private static List<Row> limit(MemlockPlan plan) {
        if (plan.unlimited()) {
            return List.of(new Row("limit", null, unlimitedReason(plan.policy())));
        }
        return switch (plan.policy()) {
            case ExactPolicy.NAME ->
                List.of(
                        new Row("margin", plan.marginBytes(), "1 MiB for each address space"),
                        new Row("limit", plan.limitBytes(), limitReason(plan, "RLIMIT_MEMLOCK of QEMU")),
                        new Row(
                                "maximum",
                                plan.maxBytes(),
                                "a measurement on the node may raise the limit up to this"));
            case LibvirtPolicy.NAME ->
                List.of(
                        new Row("limit", plan.limitBytes(), limitReason(plan, "the limit that libvirt sets")),
                        new Row("difference", plan.marginBytes(), differenceReason(plan)));
            default ->
                List.of(
                        new Row("margin", plan.marginBytes(), "the limit less the required bytes"),
                        new Row("limit", plan.limitBytes(), limitReason(plan, "the given limit")));
        };
    }

    private static List<Row> rows(List<Term> terms) {
        return terms.stream()
                .map(term -> new Row(term.name(), term.bytes(), term.reason()))
                .toList();
    }

    private static String text(List<List<Row>> blocks) {
        int bytesWidth = blocks.stream()
                .flatMap(List::stream)
                .mapToInt(row -> row.bytesText().length())
                .max()
                .orElse(0);
        StringBuilder text = new StringBuilder();
        for (List<Row> block : blocks) {
            text.append(block.isEmpty() ? "" : System.lineSeparator());
            for (Row row : block) {
                text.append("%-18s %%%ds %%-5s  %%10s  %%s%%n"
                        .formatted(row.name(), bytesWidth)
                        .formatted(
                                row.bytesText(), row.bytes() == null ? "" : "bytes", human(row.bytes()), row.reason()));
            }
        }
        return text.toString();
    }

    private static String notes(List<String> notes) {
        return notes.isEmpty()
                ? ""
                : notes.stream()
                        .map(note -> "  * " + note + System.lineSeparator())
                        .collect(Collectors.joining("", "%nNotes%n".formatted(), ""));
    }

    private static String sum(MemlockResult machine) {
        int addressSpaces = machine.plan().addressSpaces();
        if (addressSpaces == 1 && machine.input().accounting().registersRam()) {
            return "the sum: the kernel registers all RAM of the guest once";
        }
        return switch (addressSpaces) {
            case 0 -> "no device, so VFIO maps nothing";
            case 1 -> "the sum: all devices share one map of system memory";
            default -> "the sum, %d times: all memory is mapped in each address space".formatted(addressSpaces);
        };
    }

    private static String limitReason(MemlockPlan plan, String reason) {
        Long limit = plan.limitBytes();
        return limit != null && limit == 0 ? "0 keeps the inherited limit" : reason;
    }

    private static String unlimitedReason(String policy) {
        return policy.equals(UnlimitedPolicy.NAME)
                ? "only its cgroup limits the memory that QEMU locks"
                : "all of QEMU's memory is locked, and its size is unknown";
    }

    private static String differenceReason(MemlockPlan plan) {
        Long limit = plan.limitBytes();
        if (plan.marginBytes() >= 0) {
            return "the limit less the required bytes";
        }
        return limit != null && limit == 0
                ? "libvirt sets no limit, so the inherited limit must suffice"
                : "LESS than required: devices fail at start, or QEMU ends when firmware maps a display";
    }

    /** Formats bytes as {@code 16.4 MiB}; whole numbers without decimals. */
    static String human(@Nullable Long bytes) {
        if (bytes == null) {
            return "";
        }
        int unit = bytes == 0 ? 0 : Math.min(UNITS.length - 1, (63 - Long.numberOfLeadingZeros(Math.abs(bytes))) / 10);
        double value = (double) bytes / (1L << (10 * unit));
        String number = String.format(Locale.ROOT, "%.1f", value);
        return (number.endsWith(".0") ? number.substring(0, number.length() - 2) : number) + " " + UNITS[unit];
    }

    private record Row(String name, @Nullable Long bytes, String reason) {
        String bytesText() {
            return bytes == null ? "unlimited" : bytes.toString();
        }
    }
}
