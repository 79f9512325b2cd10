package dev.holdfast.monitoring.page;

import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;

/** Values as a panel of Grafana shows them, for the units that the dashboard uses. */
final class Units {
    private static final String[] BINARY = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
    private static final double[] ROUND = {1, 2, 4, 6, 8, 10};
    private static final Pattern ZEROS = Pattern.compile("\\.?0+$");

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

    /** Returns the next value whose text is short, as that of its half is; 1 for 0. */
    static double roundedUp(String unit, double value) {
        if (value <= 0) {
            return 1;
        }
        double scale = scale(unit, value);
        double power = scale * Math.pow(10, Math.floor(Math.log10(value / scale)));
        return DoubleStream.of(ROUND)
                .map(round -> round * power)
                .filter(round -> round >= value)
                .findFirst()
                .orElse(value);
    }

    /** Returns the size of the unit in which a value is shown. */
    private static double scale(String unit, double value) {
        return switch (unit) {
            case "bytes" -> Math.pow(1024, Math.floor(Math.log(Math.max(value, 1)) / Math.log(1024)));
            case "s" -> value < 120 ? 1 : value < 7200 ? 60 : value < 172_800 ? 3600 : 86_400;
            default -> 1;
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
        String digits = String.format(Locale.ROOT, size < 0.1 ? "%.4f" : size < 10 ? "%.2f" : "%.1f", value);
        return ZEROS.matcher(digits).replaceFirst("");
    }
}
