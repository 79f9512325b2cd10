package dev.holdfast.convert.draft;

import java.util.Locale;

/**
 * One thing that the user has to know about an import.
 *
 * @param document which document of several it is about; empty when there is one
 * @param path     where it is in the input
 * @param kind     what became of it
 * @param text     the reason, and after a semicolon what to use or do instead; one line
 */
public record Note(String document, String path, Kind kind, String text) {
    /** What became of a part of the input. */
    public enum Kind {
        /** Nothing of it is in the PassthroughVM. */
        NOT_CARRIED_OVER,
        /** It is there in another form or with another meaning. */
        CHANGED,
        /** It was not in the input; the two systems have different defaults. */
        DEFAULT_DIFFERS
    }

    /** The line for standard error. */
    public String line() {
        return "%s%s%s: %s"
                .formatted(
                        document.isEmpty() ? "" : document + ": ",
                        path.isEmpty() ? "" : path + ": ",
                        kind.name().toLowerCase(Locale.ROOT).replace('_', ' '),
                        text);
    }
}
