package dev.holdfast.schema;

/**
 * Reason for which the API server refuses an object.
 *
 * @param path       path of the field, such as {@code spec.devices.gpus[0].name}; empty for the object as a whole
 * @param text       message of the API server, with the path
 * @param suggestion additional help, such as {@code did you mean "bios"?}; empty if there is none
 */
public record Violation(String path, String text, String suggestion) {
    /** The server's placeholder for the object as a whole. */
    private static final String WHOLE = "<nil>";

    static Violation at(String path, String detail) {
        return new Violation(path, (path.isEmpty() ? WHOLE : path) + ": " + detail, "");
    }

    /** Returns the text without the leading path. */
    public String detail() {
        String prefix = (path.isEmpty() ? WHOLE : path) + ": ";
        return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
    }

    /** Joins text and suggestion to one line for a terminal. */
    public String line() {
        return suggestion.isEmpty() ? text : text + "; " + suggestion;
    }
}
