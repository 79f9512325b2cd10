package dev.holdfast.convert.draft;

import java.util.Locale;

/**
 * Message for the user about a part of an import.
 *
 * @param document document that the note is about; empty if there is only one
 * @param path     path in the input
 * @param kind     result for the part
 * @param text     the reason, and the remedy after a semicolon; one line
 */
public record Note(String document, String path, Kind kind, String text) {
    /** Result of the import for a part of the input. */
    public enum Kind {
        /** The part is not in the PassthroughVM. */
        NOT_CARRIED_OVER,
        /** The part is in the PassthroughVM in another form or with another meaning. */
        CHANGED,
        /** The part was not in the input, and the two systems have different defaults. */
        DEFAULT_DIFFERS
    }

    /** Returns the note as a line for standard error. */
    public String line() {
        return "%s%s%s: %s"
                .formatted(
                        document.isEmpty() ? "" : document + ": ",
                        path.isEmpty() ? "" : path + ": ",
                        kind.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        text);
    }
}
