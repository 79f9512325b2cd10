package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Golden;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/**
 * Runs each example of docs/memlock.md: the page shows what the command prints. After an intended change
 * {@code mvn test -Dtest=MemlockPageTest -Dholdfast.golden=write} rewrites the page; read the difference.
 */
class MemlockPageTest {
    private static final Path PAGE = Path.of("docs", "memlock.md");
    private static final Pattern FENCE = Pattern.compile("(?ms)^```(?<kind>[^\n]*)\n(?<body>.*?)^```$");
    private static final String PROMPT = "$ holdfast memlock ";

    static Stream<String> commands() throws IOException {
        return blocks().map(block -> block.lines().findFirst().orElse(""));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void showsWhatTheCommandPrints(String command) throws IOException {
        String expected = command + "\n" + output(command);
        if (Golden.isWritten()) {
            write(command, expected);
        }

        assertThat(blocks()).contains(expected);
    }

    @Test
    void hasExamplesAndNothingElseBetweenFences() throws IOException {
        Matcher fence = FENCE.matcher(Files.readString(PAGE));
        int examples = 0;
        while (fence.find()) {
            assertThat(fence.group("kind")).isEqualTo("console");
            assertThat(fence.group("body")).startsWith(PROMPT);
            examples++;
        }
        assertThat(examples).isGreaterThan(5);
    }

    private static Stream<String> blocks() throws IOException {
        Matcher fence = FENCE.matcher(Files.readString(PAGE));
        return fence.results().map(block -> block.group("body")).toList().stream();
    }

    private static void write(String command, String block) throws IOException {
        String page = Files.readString(PAGE);
        Pattern old = Pattern.compile("(?ms)^" + Pattern.quote(command) + "\n.*?^```$");
        Files.writeString(PAGE, old.matcher(page).replaceFirst(Matcher.quoteReplacement(block + "```")));
    }

    /** Returns both streams, and the exit status unless it is 0. */
    private static String output(String command) {
        assertThat(command).startsWith(PROMPT);
        List<String> arguments = List.of(command.substring(PROMPT.length()).split(" "));
        StringWriter text = new StringWriter();
        PrintWriter writer = new PrintWriter(text, true);
        int status = new CommandLine(new MemlockCommand())
                .setOut(writer)
                .setErr(writer)
                .execute(arguments.toArray(String[]::new));
        assertThat(status).isEqualTo(text.toString().startsWith("holdfast memlock: ") ? 2 : 0);
        return text.toString();
    }
}
