package dev.holdfast.memlock.domain;

/** Words of the file, fit for a message: short, on one line, and nothing in them that a terminal acts on. */
final class Quoted {
    private static final int MOST = 80;

    private Quoted() {}

    /** Returns the words between quotation marks. */
    static String of(String found) {
        return "\"" + plain(found) + "\"";
    }

    /** Returns the words alone, cut after 80 characters. */
    static String plain(String found) {
        return plain(found, MOST);
    }

    static String plain(String found, int most) {
        String line = found.strip().replaceAll("\\s+", " ");
        StringBuilder plain = new StringBuilder();
        line.codePoints().limit(most).forEach(c -> append(plain, c));
        return line.codePointCount(0, line.length()) > most ? plain.append("…").toString() : plain.toString();
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
