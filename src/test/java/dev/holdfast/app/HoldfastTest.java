package dev.holdfast.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;

class HoldfastTest {
    @Test
    void callsEachCommandByItsOwnName() {
        assertThat(Holdfast.commandLine().getSubcommands())
                .hasSizeGreaterThan(5)
                .allSatisfy((name, command) -> assertThat(command.getCommand()
                                .getClass()
                                .getAnnotation(Command.class)
                                .name())
                        .isEqualTo(name));
    }

    /** Only the model of the called command is built. */
    @Test
    void showsTheSameHelpOfACommandAsTheWholeModel() {
        Holdfast.commandLine()
                .getSubcommands()
                .forEach((name, command) -> assertThat(output(name, "--help"))
                        .startsWith("Usage: holdfast ")
                        .isEqualTo(command.getUsageMessage()));
    }

    @Test
    void showsAllCommandsForUsersWithoutOne() {
        assertThat(output("--help")).contains("launch", "memlock", "import").doesNotContain("train");
    }

    @Test
    void thePageOfTheCommandsIsCurrent() throws IOException {
        assertThat(Files.readString(Path.of("docs/commands.md")))
                .as("run `make crds` and commit what it writes")
                .isEqualTo(CommandReference.generate());
    }

    @Test
    void trainSeparatesCommandsAtTheWordThen() {
        assertThat(TrainCommand.commands(List.of("render", "-f", "vm.yaml", "then", "devices", "then", "--help")))
                .containsExactly(List.of("render", "-f", "vm.yaml"), List.of("devices"), List.of("--help"));
    }

    @Test
    void trainReturnsTheHighestStatus() {
        assertThat(Holdfast.run("train", "--", "--version", "then", "memlock", "then", "--version"))
                .isEqualTo(Holdfast.UNUSABLE_INPUT);
    }

    private static String output(String... args) {
        PrintStream former = System.out;
        ByteArrayOutputStream captured = new ByteArrayOutputStream();
        try (PrintStream out = new PrintStream(captured, true, StandardCharsets.UTF_8)) {
            System.setOut(out);
            Holdfast.run(args);
        } finally {
            System.setOut(former);
        }
        return captured.toString(StandardCharsets.UTF_8);
    }
}
