package dev.holdfast.user;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.app.Holdfast;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CompletionCommandTest {
    @TempDir
    private Path folder = Path.of("");

    @ParameterizedTest
    @CsvSource({
        "holdfast sto, 1, stop",
        "holdfast stop --wa, 2, --wait",
        "holdfast start --strategy Re, 3, RerunOnFailure"
    })
    void bashCompletesCommandsOptionsAndValues(String line, int word, String completion) throws Exception {
        Path script = Files.writeString(folder.resolve("completion"), script("bash"));

        assertThat(output(
                        "bash",
                        "-c",
                        "compopt() { :; }; source %s; COMP_WORDS=(%s); COMP_CWORD=%d; COMP_LINE='%s'; _complete_holdfast; echo \"${COMPREPLY[@]}\""
                                .formatted(script, line, word, line)))
                .isEqualToIgnoringWhitespace(completion);
    }

    @Test
    void theScriptOfZshLoadsTheCompletionOfBash() {
        assertThat(script("zsh")).contains("bashcompinit");
    }

    @Test
    void thePluginStartsTheCommandBesideIt() throws Exception {
        executable("holdfast", "#!/bin/sh\necho \"$@\"\n");
        executable("kubectl-holdfast", Files.readString(Path.of("src/main/bin/kubectl-holdfast")));
        Path elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        Path link = Files.createSymbolicLink(elsewhere.resolve("kubectl-holdfast"), folder.resolve("kubectl-holdfast"));

        assertThat(output(link.toString(), "why", "gpu-vm")).isEqualToIgnoringWhitespace("why gpu-vm");
    }

    private void executable(String name, String text) throws IOException {
        assertThat(Files.writeString(folder.resolve(name), text).toFile().setExecutable(true))
                .isTrue();
    }

    private static String script(String shell) {
        StringWriter out = new StringWriter();
        assertThat(Holdfast.commandLine().setOut(new PrintWriter(out)).execute("completion", shell))
                .isZero();
        return out.toString();
    }

    private static String output(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }
}
