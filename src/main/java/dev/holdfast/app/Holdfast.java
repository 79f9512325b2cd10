package dev.holdfast.app;

import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The one command, {@code holdfast}; its parts are subcommands. */
@Command(
        name = "holdfast",
        description = "Virtual machines with passed-through GPUs on Kubernetes.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        subcommands = {
            LaunchCommand.class,
            ShutdownCommand.class,
            MemlockCommand.class,
            AgentCommand.class,
            DevicesCommand.class,
            OperatorCommand.class,
            RenderCommand.class,
        })
public final class Holdfast {
    /** Exit status for input that cannot be used. */
    static final int UNUSABLE_INPUT = 2;

    private Holdfast() {}

    public static void main(String[] args) {
        System.exit(new CommandLine(new Holdfast()).execute(args));
    }
}
