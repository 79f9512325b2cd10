package dev.holdfast.plan.pod;

import java.util.List;
import java.util.Locale;

/** Human-readable numbers of bytes. */
public final class HumanBytes {
    private static final List<String> UNITS = List.of("", "Ki", "Mi", "Gi", "Ti", "Pi");

    private HumanBytes() {}

    /** Formats bytes with one decimal, in the unit that leaves one to four digits before it: 64.3Gi, 129.3Mi, 512. */
    public static String bytes(long bytes) {
        int unit = 0;
        double value = bytes;
        while (value >= 1023.95 && unit < UNITS.size() - 1) {
            value /= 1024;
            unit++;
        }
        return unit == 0 ? String.valueOf(bytes) : String.format(Locale.ROOT, "%.1f%s", value, UNITS.get(unit));
    }
}
