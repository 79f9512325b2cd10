package dev.holdfast.app;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** Generates docs/commands.md from the help of the commands. */
public final class CommandReference {
    /** Commands for users first, those with a cluster before those without, then the services, then those in a VM's pod. */
    private static final List<String> ORDER = List.of(
            "start",
            "stop",
            "restart",
            "why",
            "console",
            "completion",
            "memlock",
            "devices",
            "render",
            "import",
            "operator",
            "agent",
            "launch",
            "shutdown");

    private CommandReference() {}

    public static void main(String[] args) throws IOException {
        Files.writeString(Path.of(args[0]), generate());
    }

    static String generate() {
        var page = new StringBuilder("""
                # Commands and options

                All functions are subcommands of `holdfast`. This page is generated from the help of the commands by `make crds`;
                `holdfast COMMAND --help` shows the same. `start`, `stop`, `restart`, `why` and `console` use a cluster with the rights
                of the user's kubeconfig ([how](virtual-machines.md#commands)), also as `kubectl holdfast COMMAND`; `completion`,
                `memlock`, `devices`, `render` and `import` need no cluster. `operator` and `agent` are run by `deploy/`, whose
                manifests set their options; `launch` and `shutdown` run in a VM's pod.
                """);
        Map<String, CommandLine> commands = Holdfast.commandLine().getSubcommands();
        long shown = commands.values().stream()
                .filter(command -> !command.getCommandSpec().usageMessage().hidden())
                .count();
        if (shown != ORDER.size()) {
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
