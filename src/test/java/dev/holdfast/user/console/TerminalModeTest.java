package dev.holdfast.user.console;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testbed.fixtures.ChildJvm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Raw mode of a real terminal: that of {@code script}. */
class TerminalModeTest {
    @TempDir
    private Path folder = Path.of("");

    @ParameterizedTest
    @ValueSource(strings = {"close", "exit", "signal"})
    void restoresTheTerminalHoweverTheSessionEnds(String end) throws IOException {
        Path inTerminal = Files.writeString(folder.resolve("in-terminal"), """
                stty -g > %1$s/before
                "$@" || true
                stty -g > %1$s/after
                """.formatted(folder));
        Path runner = Files.writeString(
                folder.resolve("runner"), "exec script -qec \"sh %s $*\" /dev/null\n".formatted(inTerminal));

        String output = ChildJvm.output(
                ChildJvm.startIn(List.of("sh", runner.toString()), RawSession.class, folder.toString(), end));

        assertThat(folder.resolve("during")).as(output).content().contains("-icanon", "-isig", "-echo ");
        assertThat(folder.resolve("after")).hasSameTextualContentAs(folder.resolve("before"));
    }
}
