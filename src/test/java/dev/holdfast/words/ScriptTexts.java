package dev.holdfast.words;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Messages of the shell scripts: the arguments of their functions {@code complain} and {@code say}. */
final class ScriptTexts {
    private static final List<Path> FOLDERS = List.of(Path.of("src"), Path.of("demo"));

    /** The second group is the continuation of a message on the next line. */
    private static final Pattern MESSAGE = Pattern.compile(
            "(?:\\bcomplain|\\bsay) \"((?:[^\"\\\\]|\\\\.)*)\"(?: \\\\\\n\\s*\"((?:[^\"\\\\]|\\\\.)*)\")?",
            Pattern.DOTALL);

    private ScriptTexts() {}

    static List<UserText> all() throws IOException {
        List<UserText> texts = new ArrayList<>();
        for (Path folder : FOLDERS) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                    collect(file, texts);
                }
            }
        }
        return texts;
    }

    private static void collect(Path file, List<UserText> texts) throws IOException {
        String script = text(file);
        if (!script.startsWith("#!")) {
            return;
        }
        Matcher message = MESSAGE.matcher(script);
        while (message.find()) {
            String text = message.group(2) == null ? message.group(1) : message.group(1) + " " + message.group(2);
            texts.add(new UserText(file.toString(), text, true));
        }
    }

    /** Returns the text of a file; the empty string for a binary one. */
    private static String text(Path file) throws IOException {
        try {
            return Files.readString(file);
        } catch (MalformedInputException e) {
            return "";
        }
    }
}
