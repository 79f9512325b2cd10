package dev.holdfast.cli;

import java.util.ArrayList;
import java.util.List;

/** Wraps text into the lines of a terminal. */
final class TextLines {
    /** Minimum width of readable lines. */
    private static final int MIN_WIDTH = 32;

    private TextLines() {}

    /**
     * Breaks a message at spaces. A word that is longer than a line gets its own line.
     *
     * @param start text before the first line; the other lines are indented by its length
     * @param width columns of the terminal
     */
    static List<String> wrapped(String start, String message, int width) {
        int available = Math.max(MIN_WIDTH, width - start.length());
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : message.split(" ", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > available) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        List<String> indented = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            indented.add((i == 0 ? start : " ".repeat(start.length())) + lines.get(i));
        }
        return indented;
    }
}
