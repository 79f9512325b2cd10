package dev.holdfast.app;

import dev.holdfast.memlock.MemlockPlan;
import dev.holdfast.memlock.Term;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A memlock plan for a person's eyes. */
final class MemlockTable {
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

    private MemlockTable() {}

    static String of(String vm, MemlockPlan plan) {
        List<Row> rows = new ArrayList<>();
        for (Term term : plan.terms()) {
            rows.add(new Row(term.name(), term.bytes(), term.reason()));
        }
        rows.add(new Row("required", plan.requiredBytes(), times(plan.addressSpaces())));
        rows.add(new Row("margin", plan.marginBytes(), "1 MiB for each address space"));
        rows.add(new Row("limit", plan.limitBytes(), limitReason(plan)));
        rows.add(new Row("maximum", plan.maxBytes(), "a measurement on the node may raise the limit so far"));

        int bytesWidth =
                rows.stream().mapToInt(row -> row.bytesText().length()).max().orElse(0);
        StringBuilder text = new StringBuilder("%s, policy %s%n%n".formatted(vm, plan.policy()));
        for (Row row : rows) {
            if (row.name().equals("required")) {
                text.append(System.lineSeparator());
            }
            text.append("%-14s %%%ds bytes  %%10s  %%s%%n"
                    .formatted(row.name(), bytesWidth)
                    .formatted(row.bytesText(), human(row.bytes()), row.reason()));
        }
        return text.toString();
    }

    private static String times(int addressSpaces) {
        return switch (addressSpaces) {
            case 0 -> "no device, so nothing is mapped for VFIO";
            case 1 -> "the sum: all devices share one map of system memory";
            default -> "the sum, %d times: each device has a map of its own".formatted(addressSpaces);
        };
    }

    private static String limitReason(MemlockPlan plan) {
        Long limit = plan.limitBytes();
        return limit != null && limit == 0 ? "0 leaves the inherited limit alone" : "RLIMIT_MEMLOCK of QEMU";
    }

    /** {@code 16.4 MiB}; whole numbers without decimals. */
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
