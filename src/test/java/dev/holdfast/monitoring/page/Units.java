package dev.holdfast.monitoring.page;

import java.util.Locale;

/** Values as a panel of Grafana shows them, for the units that the dashboard uses. */
final class Units {
    private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};

    private Units() {}

    static String text(String unit, double value) {
        if (Double.isInfinite(value)) {
            return "no limit";
        }
        return switch (unit) {
            case "bytes" -> bytes(value);
            case "s" -> seconds(value);
            case "percentunit" -> number(100 * value) + " %";
            case "ops", "reqps" -> number(value) + "/s";
            default -> number(value);
        };
    }

    private static String bytes(double value) {
        int power = 0;
        double rest = value;
        while (Math.abs(rest) >= 1024 && power < BINARY.length - 1) {
            rest /= 1024;
            power++;
        }
        return number(rest) + " " + BINARY[power];
    }

    private static String seconds(double value) {
        double size = Math.abs(value);
        if (size != 0 && size < 1) {
            return number(1000 * value) + " ms";
        }
        if (size < 120) {
            return number(value) + " s";
        }
        if (size < 7200) {
            return number(value / 60) + " min";
        }
        return size < 172_800 ? number(value / 3600) + " h" : number(value / 86_400) + " d";
    }

    private static String number(double value) {
        double size = Math.abs(value);
        if (value == Math.rint(value)) {
            return String.format(Locale.ROOT, "%.0f", value);
        }
        return String.format(Locale.ROOT, size < 0.1 ? "%.4f" : size < 10 ? "%.2f" : "%.1f", value);
    }
}
