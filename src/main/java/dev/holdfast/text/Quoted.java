package dev.holdfast.text;

/**
 * Text from elsewhere, fit for a message, a terminal or a comment: nothing is left in it that ends a line, turns the
 * direction of writing or controls a terminal. Such characters are written as their code points in hexadecimal.
 */
public final class Quoted {
    private static final int MOST = 80;

    private Quoted() {}

    /** Returns the text between quotation marks, on one line, cut after 80 characters. */
    public static String of(String found) {
        return of(found, MOST);
    }

    /** Returns the text between quotation marks, on one line, cut after that many characters. */
    public static String of(String found, int most) {
        return "\"" + plain(found, most) + "\"";
    }

    /** Returns the text on one line, cut after 80 characters. */
    public static String plain(String found) {
        return plain(found, MOST);
    }

    /**
     * Returns the text on one line.
     *
     * @param most characters; a longer text is cut and ends with an ellipsis
     */
    public static String plain(String found, int most) {
        String line = onOneLine(found);
        StringBuilder plain = new StringBuilder();
        line.codePoints().limit(most).forEach(c -> append(plain, c));
        return line.codePointCount(0, line.length()) > most ? plain.append("…").toString() : plain.toString();
    }

    /** Returns the whole text on one line. */
    public static String line(String found) {
        return escaped(onOneLine(found));
    }

    private static String onOneLine(String found) {
        return found.strip().replaceAll("\\s+", " ");
    }

    /** Returns the whole line, blanks as they are. */
    public static String escaped(String line) {
        StringBuilder escaped = new StringBuilder(line.length());
        line.codePoints().forEach(c -> append(escaped, c));
        return escaped.toString();
    }

    private static void append(StringBuilder plain, int c) {
        switch (Character.getType(c)) {
            // Control and escape sequences, marks that turn the direction of writing, line ends of other kinds.
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
