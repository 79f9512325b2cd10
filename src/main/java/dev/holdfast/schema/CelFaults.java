package dev.holdfast.schema;

import dev.cel.runtime.CelEvaluationException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Messages for rules that cannot be evaluated, as the server's CEL (cel-go) prints them, not as the Java library does.
 */
final class CelFaults {
    private static final Pattern KEY = Pattern.compile("key '([^']*)'");

    private CelFaults() {}

    static String message(CelEvaluationException fault) {
        String message = String.valueOf(fault.getMessage());
        return switch (fault.getErrorCode()) {
            case ATTRIBUTE_NOT_FOUND -> {
                Matcher key = KEY.matcher(message);
                yield key.find() ? "no such key: " + key.group(1) : "no such key";
            }
            case INDEX_OUT_OF_BOUNDS -> "index out of bounds";
            case DIVIDE_BY_ZERO ->
                message.toLowerCase(Locale.ROOT).contains("modulus") ? "modulus by zero" : "division by zero";
            case NUMERIC_OVERFLOW -> "integer overflow";
            case OVERLOAD_NOT_FOUND -> "no such overload";
            default -> "invalid argument";
        };
    }
}
