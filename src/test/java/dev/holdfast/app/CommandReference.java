package dev.holdfast.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** Makes docs/commands.md of what the commands say of themselves. */
public final class CommandReference {
    /** Those for a person's shell, then the services, then what runs in a VM's pod. */
    private static final List<String> ORDER =
            List.of("memlock", "devices", "render", "import", "operator", "agent", "launch", "shutdown");

    private CommandReference() {}

    public static void main(String[] args) throws IOException {
        Files.writeString(Path.of(args[0]), generate());
    }

    static String generate() {
        var page = new StringBuilder("""
                # Commands and options

                Everything is one command, `holdfast`. Made from what it says of itself, by `make crds`; `holdfast COMMAND --help`
                tells the same. `memlock`, `devices`, `render` and `import` are for anyone's shell; `operator` and `agent` are what
                `deploy/` runs, and its manifests are where their options are set; `launch` and `shutdown` run in a VM's pod.
                """);
        Map<String, CommandLine> commands = Holdfast.commandLine().getSubcommands();
        if (commands.size() != ORDER.size()) {
            throw new IllegalStateException("the commands are " + commands.keySet());
        }
        for (String name : ORDER) {
            String usage = Objects.requireNonNull(commands.get(name), name)
                    .getUsageMessage(Ansi.OFF)
                    .stripTrailing();
            page.append("\n## holdfast %s\n\n```text\n%s\n```\n".formatted(name, usage));
        }
        return page.toString();
    }
}
