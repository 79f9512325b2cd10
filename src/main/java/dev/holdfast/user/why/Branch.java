package dev.holdfast.user.why;

import dev.holdfast.text.Quoted;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Line of a tree, with the lines below it.
 *
 * @param text may be foreign text
 */
record Branch(String text, List<Branch> below) {
    private static final int MAX_CHARACTERS = 1_500;

    static Branch of(String text, Stream<Branch> below) {
        return new Branch(text, below.toList());
    }

    static Branch leaf(String text) {
        return new Branch(text, List.of());
    }

    /** Returns the tree as lines, for a terminal. */
    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(shown());
        addBelow(lines, "");
        return lines;
    }

    private void addBelow(List<String> lines, String indent) {
        for (int i = 0; i < below.size(); i++) {
            boolean isLast = i == below.size() - 1;
            Branch branch = below.get(i);
            lines.add(indent + (isLast ? "└─ " : "├─ ") + branch.shown());
            branch.addBelow(lines, indent + (isLast ? "   " : "│  "));
        }
    }

    private String shown() {
        return Quoted.plain(text, MAX_CHARACTERS);
    }
}
