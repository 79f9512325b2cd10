package dev.holdfast.monitoring;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The rules for a time that runs faster: each duration is divided, those of {@code for}, of a range, of {@code offset}, and
 * the seconds that {@code time() - X} is compared with. Nothing else changes.
 */
final class FasterRules {
    private static final String DURATION = "(\\d+)([smh])";
    private static final Pattern FOR = Pattern.compile("(?m)^(\\s+for: )" + DURATION + "()$");
    private static final Pattern RANGE = Pattern.compile("(\\[)" + DURATION + "(])");
    private static final Pattern OFFSET = Pattern.compile("(\\boffset )" + DURATION + "(\\b)");
    private static final Pattern AGE = Pattern.compile("(time\\(\\) - [^>\\n]+ > )(\\d+)\\b()()");

    private FasterRules() {}

    /** Returns the text of a rule file, with durations in milliseconds. */
    static String of(String rules, int factor) {
        String faster = rules;
        for (Pattern pattern : new Pattern[] {FOR, RANGE, OFFSET}) {
            faster = pattern.matcher(faster)
                    .replaceAll(found -> Matcher.quoteReplacement(found.group(1)
                            + milliseconds(found.group(2), found.group(3)) / factor + "ms" + found.group(4)));
        }
        return AGE.matcher(faster)
                .replaceAll(
                        found -> Matcher.quoteReplacement(found.group(1) + Long.parseLong(found.group(2)) / factor));
    }

    private static long milliseconds(String number, String unit) {
        long seconds = switch (unit) {
            case "h" -> 3600;
            case "m" -> 60;
            default -> 1;
        };
        return Long.parseLong(number) * seconds * 1000;
    }
}
