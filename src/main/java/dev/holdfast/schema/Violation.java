package dev.holdfast.schema;

/**
 * One reason for which the API server refuses an object.
 *
 * @param path       of the field, such as {@code spec.devices.gpus[0].name}; empty for the object as a whole
 * @param text       as the API server words it, with the path
 * @param suggestion what else helps, such as {@code did you mean "bios"?}; empty for nothing
 */
public record Violation(String path, String text, String suggestion) {
    /** The server's name of the object as a whole. */
    private static final String WHOLE = "<nil>";

    static Violation at(String path, String detail) {
        return new Violation(path, (path.isEmpty() ? WHOLE : path) + ": " + detail, "");
    }

    /** Returns the text without the path in front. */
    public String detail() {
        String prefix = (path.isEmpty() ? WHOLE : path) + ": ";
        return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
    }

    /** Joins text and suggestion: one line for a terminal. */
    public String line() {
        return suggestion.isEmpty() ? text : text + "; " + suggestion;
    }
}
