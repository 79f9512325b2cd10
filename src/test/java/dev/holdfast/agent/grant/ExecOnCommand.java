package dev.holdfast.agent.grant;

import dev.holdfast.host.kernel.Libc;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Waits for a byte, then replaces itself with a cat that prints one line and keeps waiting. */
final class ExecOnCommand {
    private ExecOnCommand() {}

    public static void main(String[] arguments) throws IOException {
        Path file = Files.writeString(Files.createTempFile("probe", ".txt"), "from cat\n", StandardCharsets.UTF_8);
        file.toFile().deleteOnExit();
        System.out.println("ready");
        System.out.flush();
        if (System.in.read() >= 0) {
            Libc.execve("/bin/cat", List.of("cat", file.toString(), "-"), List.of(), List.of());
        }
    }
}
