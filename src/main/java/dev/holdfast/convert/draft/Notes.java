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
 * Notes about one machine. A part that gets a note is marked as read.
 *
 * <p>Not thread-safe.
 */
public final class Notes {
    private static final Pattern ONE_INDEX = Pattern.compile("([^\\[]*)\\[(\\d+)\\]([^\\[]*)");
    private static final int MAX_QUOTE_LENGTH = 60;

    private final String document;
    private final List<Note> notes = new ArrayList<>();

    /**
     * @param document document that the notes are about; empty if there is only one
     */
    public Notes(String document) {
        this.document = document;
    }

    /** Reports a part that is not in the PassthroughVM. */
    public void notCarriedOver(Part part, String text) {
        part.done();
        if (part.present()) {
            add(part.path(), Kind.NOT_CARRIED_OVER, text);
        }
    }

    /** Reports a part that is in the PassthroughVM in another form or with another meaning. */
    public void changed(Part part, String text) {
        part.done();
        add(part.path(), Kind.CHANGED, text);
    }

    /** Reports a default that differs between the systems. */
    public void differs(String path, String text) {
        add(path, Kind.DEFAULT_DIFFERS, text);
    }

    public void add(String path, Kind kind, String text) {
        notes.add(new Note(document, path, kind, text));
    }

    /** Returns text of the input in double quotes, shortened and without control characters. */
    public static String quote(String text) {
        return "\"" + plain(text) + "\"";
    }

    /** Returns text of the input, shortened and without control characters. */
    public static String plain(String text) {
        return Quoted.plain(text, MAX_QUOTE_LENGTH);
    }

    /** Returns all notes. Notes that differ in one index only are merged: {@code disks[0,2].io}. */
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
