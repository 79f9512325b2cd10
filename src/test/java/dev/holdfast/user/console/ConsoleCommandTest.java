package dev.holdfast.user.console;

import static dev.holdfast.testbed.Progress.eventually;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.app.Holdfast;
import dev.holdfast.testbed.fixtures.ChildJvm;
import dev.holdfast.user.UserShell;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code holdfast console} in a terminal, that of {@code script}, and without one. */
class ConsoleCommandTest {
    @TempDir
    private Path folder = Path.of("");

    @Test
    void connectsTheTerminalUntilTheUserLeaves() throws Exception {
        Path log = Files.createFile(folder.resolve("log"));
        Path runner = Files.writeString(folder.resolve("runner"), "exec script -qefc \"$*\" %s\n".formatted(log));
        try (AttachServer server = AttachServer.start("Running")) {
            UserShell.at(server.url(), folder);
            Process process = ChildJvm.startIn(
                    List.of("sh", runner.toString()),
                    Holdfast.class,
                    "console",
                    "vm",
                    "--namespace=lab",
                    "--kubeconfig=" + folder.resolve("kubeconfig"));
            try (OutputStream keyboard = process.getOutputStream()) {
                eventually("it is connected", () -> !server.attached().isEmpty());
                press(keyboard, "ls\u0003");
                eventually("the guest answers", () -> text(log).contains("guest:ls\u0003"));
                press(keyboard, "\u001d");

                assertThat(process.waitFor()).as(text(log)).isZero();
            }
            assertThat(text(log))
                    .contains("connected to the serial console of lab/vm; Ctrl-] leaves it")
                    .contains("left the console; the guest runs on");
        }
    }

    @Test
    void requiresATerminal() {
        UserShell shell = UserShell.at("http://127.0.0.1:1", folder);

        assertThat(shell.run("console", "vm")).isEqualTo(2);

        assertThat(shell.err())
                .isEqualTo(
                        "holdfast console: standard input and output must be a terminal; for a script use `kubectl logs --follow vm`\n");
    }

    private static void press(OutputStream keyboard, String keys) throws IOException {
        keyboard.write(keys.getBytes(StandardCharsets.UTF_8));
        keyboard.flush();
    }

    private static String text(Path log) throws IOException {
        return Files.readString(log, StandardCharsets.ISO_8859_1);
    }
}
