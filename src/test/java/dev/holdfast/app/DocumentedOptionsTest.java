package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.ParameterException;

/** Every call of {@code holdfast} in a block of commands has a command and options that exist. */
class DocumentedOptionsTest {
    private static final Pattern CALL =
            Pattern.compile("^ *(?:\\$ )?(?:target/holdfast/bin/)?holdfast ([a-z]+(?![a-z:])(?: [^#>|]*)?)");

    @Test
    void everyCallIsUnderstood() throws IOException {
        List<String> calls = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        try (Stream<Path> files = Stream.concat(Files.walk(Path.of("docs")), Stream.of(Path.of("README.md")))) {
            for (Path page :
                    files.filter(file -> file.toString().endsWith(".md")).toList()) {
                for (String line : Files.readAllLines(page)) {
                    CALL.matcher(line)
                            .results()
                            .map(call -> call.group(1).strip())
                            .filter(call ->
                                    Holdfast.commandLine().getSubcommands().containsKey(call.split(" ")[0]))
                            .forEach(call -> {
                                calls.add(call);
                                fault(call, page, faults);
                            });
                }
            }
        }

        assertThat(faults).isEmpty();
        assertThat(calls).hasSizeGreaterThan(15);
    }

    private static void fault(String call, Path page, List<String> faults) {
        try {
            Holdfast.commandLine().parseArgs(call.split(" +"));
        } catch (ParameterException e) {
            faults.add("%s: holdfast %s: %s".formatted(page, call, e.getMessage()));
        }
    }
}
