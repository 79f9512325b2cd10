package dev.holdfast.text;

/**
 * Makes foreign text safe for a message, a terminal or a comment: characters that end a line, change the direction of writing
 * or control a terminal are replaced by their code points in hexadecimal.
 */
public final class Quoted {
    private static final int MAX_CHARACTERS = 80;

    private Quoted() {}

    /** Returns the text in quotation marks, on one line, cut after 80 characters. */
    public static String of(String found) {
        return of(found, MAX_CHARACTERS);
    }

    /** Returns the text in quotation marks, on one line, cut after that number of characters. */
    public static String of(String found, int maxCharacters) {
        return "\"" + plain(found, maxCharacters) + "\"";
    }

    /** Returns the text on one line, cut after 80 characters. */
    public static String plain(String found) {
        return plain(found, MAX_CHARACTERS);
    }

    /**
     * Returns the text on one line.
     *
     * @param maxCharacters a longer text is cut and ends with an ellipsis
     */
    public static String plain(String found, int maxCharacters) {
        String line = onOneLine(found);
        StringBuilder plain = new StringBuilder();
        line.codePoints().limit(maxCharacters).forEach(c -> append(plain, c));
        return line.codePointCount(0, line.length()) > maxCharacters
                ? plain.append("…").toString()
                : plain.toString();
    }

    /** Returns the whole text on one line. */
    public static String line(String found) {
        return escaped(onOneLine(found));
    }

    private static String onOneLine(String found) {
        return found.strip().replaceAll("\\s+", " ");
    }

    /** Returns the whole line, with white space unchanged. */
    public static String escaped(String line) {
        StringBuilder escaped = new StringBuilder(line.length());
        line.codePoints().forEach(c -> append(escaped, c));
        return escaped.toString();
    }

    private static void append(StringBuilder plain, int c) {
        switch (Character.getType(c)) {
            // Control and escape sequences, marks that change the direction of writing, other line ends.
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED -> plain.append("\\u{%x}".formatted(c));
            default -> plain.appendCodePoint(c);
        }
    }
}
