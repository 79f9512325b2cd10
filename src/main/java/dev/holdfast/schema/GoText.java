package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** Conversion of values to text as Go prints them: the server's messages are made by fmt, strconv and encoding/json. */
final class GoText {
    private GoText() {}

    /** Prints a value as {@code field.Error} does: %q for text, %v for numbers and booleans, JSON for the rest. */
    static String value(JsonNode value) {
        if (value.isTextual()) {
            return quoted(value.textValue());
        }
        return isFloat(value) ? shortest(value.doubleValue(), -4, 6, true) : json(value);
    }

    /** Prints a bound, which Go holds as a float64, as %v. */
    static String number(double value) {
        return shortest(value, -4, 6, true);
    }

    /** Returns whether Go decodes the value to a float64: it has a fraction or an exponent, or exceeds an int64. */
    static boolean isFloat(JsonNode value) {
        return value.isNumber() && !(value.isIntegralNumber() && value.canConvertToLong());
    }

    /** Quotes a text as strconv.Quote does. */
    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        text.codePoints().forEach(point -> quote(point, quoted));
        return quoted.append('"').toString();
    }

    private static void quote(int point, StringBuilder to) {
        switch (point) {
            case '"', '\\' -> to.append('\\').appendCodePoint(point);
            case 7 -> to.append("\\a");
            case '\b' -> to.append("\\b");
            case '\f' -> to.append("\\f");
            case '\n' -> to.append("\\n");
            case '\r' -> to.append("\\r");
            case '\t' -> to.append("\\t");
            case 11 -> to.append("\\v");
            default -> {
                if (isPrintable(point)) {
                    to.appendCodePoint(point);
                } else if (point < ' ' || point == 0x7f) {
                    to.append("\\x%02x".formatted(point));
                } else if (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE) {
                    // Unpaired surrogate, which Go's decoder replaces by the replacement character.
                    to.append('\ufffd');
                } else {
                    to.append((point < 0x10000 ? "\\u%04x" : "\\U%08x").formatted(point));
                }
            }
        }
    }

    /**
     * Returns whether strconv.IsPrint accepts the character: letters, marks, numbers, punctuation, symbols, and the
     * ASCII space.
     */
    private static boolean isPrintable(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            case Character.SPACE_SEPARATOR -> point == ' ';
            default -> true;
        };
    }

    /** Prints JSON as encoding/json does: sorted keys, no white space, and characters of HTML tags escaped. */
    static String json(JsonNode value) {
        if (value.isObject()) {
            Map<String, JsonNode> sorted = new TreeMap<>();
            value.properties().forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
            return sorted.entrySet().stream()
                    .map(entry -> text(entry.getKey()) + ":" + json(entry.getValue()))
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (value.isArray()) {
            return StreamSupport.stream(value.spliterator(), false)
                    .map(GoText::json)
                    .collect(Collectors.joining(",", "[", "]"));
        }
        if (value.isTextual()) {
            return text(value.textValue());
        }
        return isFloat(value) ? shortest(value.doubleValue(), -6, 21, false) : value.asText();
    }

    private static String text(String text) {
        StringBuilder json = new StringBuilder("\"");
        text.codePoints().forEach(point -> {
            switch (point) {
                case '"', '\\' -> json.append('\\').appendCodePoint(point);
                case '\b' -> json.append("\\b");
                case '\f' -> json.append("\\f");
                case '\n' -> json.append("\\n");
                case '\r' -> json.append("\\r");
                case '\t' -> json.append("\\t");
                case '<', '>', '&', 0x2028, 0x2029 -> json.append("\\u%04x".formatted(point));
                default -> {
                    if (point < ' ') {
                        json.append("\\u%04x".formatted(point));
                    } else {
                        json.appendCodePoint(point);
                    }
                }
            }
        });
        return json.append('"').toString();
    }

    /**
     * Prints the number with the fewest digits that identify it.
     *
     * @param smallest smallest exponent of ten that is printed without an exponent
     * @param largest  smallest exponent of ten above that which is printed with an exponent
     * @param padded   true if the exponent has at least two digits
     */
    private static String shortest(double value, int smallest, int largest, boolean padded) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.isNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf";
        }
        if (value == 0) {
            return "0";
        }
        BigDecimal digits = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        int exponent = digits.precision() - digits.scale() - 1;
        if (exponent >= smallest && exponent < largest) {
            return digits.toPlainString();
        }
        String unscaled = digits.unscaledValue().abs().toString();
        String mantissa = unscaled.length() == 1 ? unscaled : unscaled.charAt(0) + "." + unscaled.substring(1);
        String power = String.valueOf(Math.abs(exponent));
        return (value < 0 ? "-" : "") + mantissa + "e" + (exponent < 0 ? "-" : "+")
                + (padded && power.length() == 1 ? "0" + power : power);
    }
}
