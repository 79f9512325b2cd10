package dev.holdfast.convert.draft;

import dev.holdfast.convert.draft.Note.Kind;
import dev.holdfast.convert.tree.Part;
import dev.holdfast.text.Quoted;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The notes about one machine. A part that gets a note counts as read.
 *
 * <p>Not thread-safe.
 */
public final class Notes {
    private static final Pattern ONE_INDEX = Pattern.compile("([^\\[]*)\\[(\\d+)\\]([^\\[]*)");
    private static final int LONGEST_QUOTE = 60;

    private final String document;
    private final List<Note> notes = new ArrayList<>();

    /**
     * @param document which document of several; empty when there is one
     */
    public Notes(String document) {
        this.document = document;
    }

    /** Reports a part of which nothing is in the PassthroughVM. */
    public void notCarriedOver(Part part, String text) {
        part.done();
        if (part.present()) {
            add(part.path(), Kind.NOT_CARRIED_OVER, text);
        }
    }

    /** Reports a part that is in the PassthroughVM in another form, or with another meaning. */
    public void changed(Part part, String text) {
        part.done();
        add(part.path(), Kind.CHANGED, text);
    }

    /** Reports a default that differs. */
    public void differs(String path, String text) {
        add(path, Kind.DEFAULT_DIFFERS, text);
    }

    public void add(String path, Kind kind, String text) {
        notes.add(new Note(document, path, kind, text));
    }

    /** Text of the input, shortened and without what would break a line, in double quotes. */
    public static String quote(String text) {
        return "\"" + plain(text) + "\"";
    }

    /** Text of the input, shortened and without what would break a line. */
    public static String plain(String text) {
        return Quoted.plain(text, LONGEST_QUOTE);
    }

    /** All notes. Those that differ in one index only are one, with all of these: {@code disks[0,2].io}. */
    public List<Note> grouped() {
        Map<Note, List<String>> groups = new LinkedHashMap<>();
        for (Note note : notes) {
            Matcher matcher = ONE_INDEX.matcher(note.path());
            if (matcher.matches()) {
                Note pattern = new Note(
                        note.document(), matcher.group(1) + "[*]" + matcher.group(3), note.kind(), note.text());
                groups.computeIfAbsent(pattern, key -> new ArrayList<>()).add(matcher.group(2));
            } else {
                groups.computeIfAbsent(note, key -> new ArrayList<>());
            }
        }
        return groups.entrySet().stream()
                .map(group -> withIndices(group.getKey(), group.getValue()))
                .toList();
    }

    private static Note withIndices(Note note, List<String> indices) {
        return indices.isEmpty()
                ? note
                : new Note(
                        note.document(),
                        note.path().replace("[*]", "[" + String.join(",", indices) + "]"),
                        note.kind(),
                        note.text());
    }
}
