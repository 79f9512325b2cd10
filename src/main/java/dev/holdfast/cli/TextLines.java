package dev.holdfast.cli;

import java.util.ArrayList;
import java.util.List;

/** Sentences in lines of a terminal. */
final class TextLines {
    /** Narrower, a sentence is no longer read but spelled. */
    private static final int NARROWEST = 32;

    private TextLines() {}

    /**
     * Breaks a sentence at blanks. A word that is longer than a line has one of its own.
     *
     * @param start before the first line; the others are indented as far
     * @param width columns of the terminal
     */
    static List<String> wrapped(String start, String sentence, int width) {
        int room = Math.max(NARROWEST, width - start.length());
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : sentence.split(" ", -1)) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > room) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        List<String> placed = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            placed.add((i == 0 ? start : " ".repeat(start.length())) + lines.get(i));
        }
        return placed;
    }
}
