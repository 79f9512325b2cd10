package dev.holdfast.app;

import dev.holdfast.text.Quoted;
import java.io.IOException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParseResult;

/** The command {@code holdfast} with its subcommands. */
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
            ImportCommand.class,
            StartCommand.class,
            StopCommand.class,
            RestartCommand.class,
            WhyCommand.class,
            ConsoleCommand.class,
            CompletionCommand.class,
        })
public final class Holdfast {
    /** Exit status for input that cannot be used. */
    static final int UNUSABLE_INPUT = 2;

    private Holdfast() {}

    /** Returns the command with its subcommands. */
    public static CommandLine commandLine() {
        return new CommandLine(new Holdfast());
    }

    public static void main(String[] args) {
        System.exit(commandLine().setExecutionExceptionHandler(Holdfast::report).execute(args));
    }

    /** Prints why input cannot be used, one line for each reason, and returns the exit status. */
    static int refuse(CommandLine command, String name, IllegalArgumentException reasons) {
        String.valueOf(reasons.getMessage())
                .lines()
                .forEach(line -> command.getErr().println(Quoted.escaped("holdfast " + name + ": " + line)));
        return UNUSABLE_INPUT;
    }

    /** Prints the message of an I/O failure; any other exception is a defect, which is thrown with its stack trace. */
    private static int report(Exception failure, CommandLine command, ParseResult parsed) throws Exception {
        if (!(failure instanceof IOException)) {
            throw failure;
        }
        command.getErr().println(Quoted.escaped("holdfast: " + failure.getMessage()));
        return command.getCommandSpec().exitCodeOnExecutionException();
    }
}
