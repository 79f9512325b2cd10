package dev.holdfast.schema;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Check of times as Go's time.Parse reads them with the layout of RFC 3339, with Go's messages. */
final class GoTime {
    private static final String LAYOUT = "2006-01-02T15:04:05Z07:00";

    /** Part of the layout, and the text that it matches. */
    private record Part(String layout, Pattern form) {
        static Part of(String layout, String form) {
            return new Part(layout, Pattern.compile(form));
        }
    }

    private static final List<Part> PARTS = List.of(
            Part.of("2006", "[0-9]{4}"),
            Part.of("-", "-"),
            Part.of("01", "[0-9]{2}"),
            Part.of("-", "-"),
            Part.of("02", "[0-9]{2}"),
            Part.of("T", "T"),
            Part.of("15", "[0-9]{1,2}"),
            Part.of(":", ":"),
            Part.of("04", "[0-9]{2}"),
            Part.of(":", ":"),
            Part.of("05", "[0-9]{2}([.,][0-9]+)?"),
            Part.of("Z07:00", "Z|[+-][0-9]{2}:[0-9]{2}"));

    private GoTime() {}

    /** Returns Go's message for a text that is not a time; empty for a valid time. */
    static Optional<String> fault(String text) {
        String rest = text;
        for (Part part : PARTS) {
            Matcher found = part.form.matcher(rest);
            if (!found.lookingAt()) {
                return Optional.of("parsing time %s as %s: cannot parse %s as %s"
                        .formatted(quoted(text), quoted(LAYOUT), quoted(rest), quoted(part.layout)));
            }
            rest = rest.substring(found.end());
        }
        return rest.isEmpty()
                ? Optional.empty()
                : Optional.of("parsing time %s: extra text: %s".formatted(quoted(text), quoted(rest)));
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (byte one : text.getBytes(StandardCharsets.UTF_8)) {
            if (one == '"' || one == '\\') {
                quoted.append('\\').append((char) one);
            } else if (one < ' ') {
                quoted.append("\\x%02x".formatted(one & 0xff));
            } else {
                quoted.append((char) one);
            }
        }
        return quoted.append('"').toString();
    }
}
