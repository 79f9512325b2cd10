package dev.holdfast.words;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** String literals of the main sources that are prose: messages, descriptions, help of commands and metrics. */
final class SourceTexts {
    private static final Path MAIN = Path.of("src", "main", "java");

    private static final String STRING = "\"(?:[^\"\\\\\\n]|\\\\.)*\"";

    /** Comments and character literals, which are skipped, or literals that are joined by plus signs. */
    private static final Pattern TOKEN = Pattern.compile(
            "/\\*.*?\\*/|//[^\\n]*|'(?:[^'\\\\]|\\\\.)'|\"\"\".*?\"\"\"|" + STRING + "(?:\\s*\\+\\s*" + STRING + ")*",
            Pattern.DOTALL);

    private static final Pattern JOINT = Pattern.compile("\"\\s*\\+\\s*\"");

    /** Prose has three words in a row; CEL, regular expressions and paths do not. */
    private static final Pattern PROSE = Pattern.compile("(?:^|.* )[a-z']+ [a-z']+ [a-z']+.*");

    /** Code before a literal that is a message: a cause, an exception or a line of the log. */
    private static final Pattern MESSAGE =
            Pattern.compile("(?:new Cause\\((?:Reason\\.)?\\w+,|new \\w*(?:Exception|Refusal)\\(|\\.log\\()\\s*\\(?$");

    private SourceTexts() {}

    static List<UserText> all() throws IOException {
        List<UserText> texts = new ArrayList<>();
        try (Stream<Path> files = Files.walk(MAIN)) {
            for (Path file : files.filter(found -> found.toString().endsWith(".java"))
                    .sorted()
                    .toList()) {
                collect(MAIN.relativize(file).toString(), Files.readString(file), texts);
            }
        }
        return texts;
    }

    private static void collect(String file, String source, List<UserText> texts) {
        Matcher token = TOKEN.matcher(source);
        while (token.find()) {
            String found = token.group();
            if (found.startsWith("\"")) {
                String text = found.startsWith("\"\"\"")
                        ? found.replace("\"\"\"", "").replaceAll("\\s+", " ")
                        : JOINT.matcher(found.substring(1, found.length() - 1)).replaceAll("");
                if (PROSE.matcher(text).matches()) {
                    String before = source.substring(Math.max(0, token.start() - 120), token.start());
                    texts.add(new UserText(
                            file, text, MESSAGE.matcher(before.stripTrailing()).find()));
                }
            }
        }
    }
}
