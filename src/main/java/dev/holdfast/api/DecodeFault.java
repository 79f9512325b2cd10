package dev.holdfast.api;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.exc.InvalidFormatException;
import com.fasterxml.jackson.databind.exc.InvalidNullException;
import com.fasterxml.jackson.databind.exc.MismatchedInputException;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import dev.holdfast.text.Quoted;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Field of an object whose value its Java type cannot hold.
 *
 * @param path    such as {@code spec.tolerations[0].tolerationSeconds}; empty for the object itself
 * @param message the value found, and what it must be
 */
public record DecodeFault(String path, String message) {
    /** Maximum length of path and message: both end up in conditions and log lines, and users choose the value. */
    private static final int MAX_LENGTH = 512;

    /** Maximum number of fields of an object that a message lists. */
    private static final int MAX_LISTED_FIELDS = 3;

    /** Placeholder for a value that was not read because of its size; also the message for it. */
    public static final String TOO_LARGE =
            "larger than the operator's maximum size; keep large data in Secrets and ConfigMaps";

    private static final Pattern OUT_OF_RANGE =
            Pattern.compile("umeric value \\((.*)\\) out of range of \\S+ \\((-?\\d+) ?- ?(-?\\d+)\\)");
    private static final Map<Class<?>, String> TYPE_NAMES = Map.of(
            String.class, "a string",
            Integer.class, "a whole number",
            int.class, "a whole number",
            Long.class, "a whole number",
            long.class, "a whole number",
            Boolean.class, "true or false",
            boolean.class, "true or false");

    public DecodeFault {
        path = shortened(path);
        message = shortened(message);
    }

    /** Returns the path at which Jackson failed, and the message for it. */
    public static DecodeFault of(Throwable problem) {
        JsonMappingException mapping = Stream.iterate(problem, cause -> cause != null, Throwable::getCause)
                .filter(JsonMappingException.class::isInstance)
                .map(JsonMappingException.class::cast)
                .findFirst()
                .orElse(null);
        if (mapping == null) {
            return new DecodeFault("", originalMessage(problem));
        }
        String path = path(steps(mapping));
        return new DecodeFault(path, message(mapping));
    }

    /** Returns the fields on the path to the problem, outermost first; items of lists are their index in brackets. */
    public static List<String> steps(JsonMappingException problem) {
        return problem.getPath().stream()
                .map(step -> step.getFieldName() == null ? "[" + step.getIndex() + "]" : step.getFieldName())
                .toList();
    }

    /** Joins path and message to one line for a condition or a terminal. */
    public String text() {
        return path.isEmpty() ? message : path + ": " + message;
    }

    private static String path(List<String> steps) {
        return steps.stream().reduce("", DecodeFault::joined);
    }

    private static String joined(String path, String step) {
        return path.isEmpty() || step.startsWith("[") ? path + step : path + "." + step;
    }

    private static String message(JsonMappingException problem) {
        Matcher number = OUT_OF_RANGE.matcher(originalMessage(problem));
        if (number.find()) {
            return "%s is out of range, must be %s to %s".formatted(number.group(1), number.group(2), number.group(3));
        }
        if (originalMessage(problem).contains(TOO_LARGE)) {
            return TOO_LARGE;
        }
        return switch (problem) {
            case UnrecognizedPropertyException unknown ->
                "unknown field, must be one of %s".formatted(sorted(unknown.getKnownPropertyIds()));
            case InvalidNullException absent -> "null, must have a value";
            case InvalidFormatException format ->
                format.getTargetType().isEnum()
                        ? "unknown value \"%s\", must be one of %s".formatted(format.getValue(), values(format))
                        : "invalid value \"%s\", must be %s".formatted(format.getValue(), kind(format.getTargetType()));
            case MismatchedInputException mismatch -> mismatch(mismatch);
            default -> "cannot be decoded: " + originalMessage(problem);
        };
    }

    private static String mismatch(MismatchedInputException problem) {
        String original = originalMessage(problem);
        if (original.startsWith("Missing required creator property")) {
            return "missing, must have a value";
        }
        return original.startsWith("Cannot ") && problem.getTargetType() != null
                ? "value of another type, must be " + kind(problem.getTargetType())
                : "cannot be decoded: " + original;
    }

    private static String kind(Class<?> type) {
        if (type.isRecord() && type.getRecordComponents().length <= MAX_LISTED_FIELDS) {
            return Arrays.stream(type.getRecordComponents())
                    .map(RecordComponent::getName)
                    .collect(Collectors.joining(", ", "an object with ", ""));
        }
        return TYPE_NAMES.getOrDefault(type, Collection.class.isAssignableFrom(type) ? "a list" : "an object");
    }

    /** Returns the values as the API spells them, sorted: Jackson's message ends with them in no fixed order. */
    private static String values(InvalidFormatException problem) {
        String original = originalMessage(problem);
        int at = original.indexOf("Enum class: [");
        return at < 0
                ? sorted(List.of(problem.getTargetType().getEnumConstants()))
                : sorted(List.of(original.substring(at + "Enum class: [".length(), original.length() - 1)
                        .split(", ")));
    }

    private static String sorted(@Nullable Collection<?> names) {
        return names == null
                ? "none"
                : names.stream().map(String::valueOf).sorted().collect(Collectors.joining(", ", "[", "]"));
    }

    private static String originalMessage(Throwable problem) {
        String original =
                problem instanceof JsonProcessingException json ? json.getOriginalMessage() : problem.getMessage();
        return original == null || original.isBlank() ? problem.getClass().getSimpleName() : original;
    }

    private static String shortened(String text) {
        String line = Quoted.line(text);
        return line.length() <= MAX_LENGTH ? line : line.substring(0, MAX_LENGTH - 3) + "...";
    }
}
