package dev.holdfast.words;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Words that user-visible texts do not contain, from the resource {@code instead.txt}. */
final class WordList {
    /** Commands, fields and values in backquotes keep their spelling. */
    private static final Pattern CODE = Pattern.compile("`[^`]*`");

    private final List<Entry> entries;

    private WordList(List<Entry> entries) {
        this.entries = List.copyOf(entries);
    }

    /** Pattern of a forbidden word, and the word to use instead. */
    private record Entry(Pattern pattern, String instead) {
        static Entry of(String line) {
            String[] parts = line.split("\t", 2);
            return new Entry(Pattern.compile(parts[0], Pattern.CASE_INSENSITIVE), parts[1]);
        }
    }

    static WordList read() throws IOException {
        try (InputStream file = Objects.requireNonNull(WordList.class.getResourceAsStream("instead.txt"))) {
            return new WordList(new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(Entry::of)
                    .toList());
        }
    }

    /** Returns a message for each forbidden word of a text. */
    Stream<String> faults(UserText text) {
        String prose = CODE.matcher(text.text()).replaceAll("``");
        return entries.stream().flatMap(entry -> {
            Matcher found = entry.pattern().matcher(prose);
            return found.find()
                    ? Stream.of("%s: \"%s\" in \"%s\"; use: %s"
                            .formatted(text.place(), found.group(), text.text(), entry.instead()))
                    : Stream.empty();
        });
    }
}
