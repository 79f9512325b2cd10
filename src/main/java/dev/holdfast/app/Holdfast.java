package dev.holdfast.app;

import dev.holdfast.text.Quoted;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParseResult;

/** The command {@code holdfast} with its subcommands. */
@Command(
        name = "holdfast",
        description = "Virtual machines with passed-through GPUs on Kubernetes.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
public final class Holdfast {
    /** Exit status for input that cannot be used. */
    static final int UNUSABLE_INPUT = 2;

    /** Subcommands by name, in the order of the help. */
    private static final Map<String, Supplier<Callable<Integer>>> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("launch", LaunchCommand::new);
        COMMANDS.put("shutdown", ShutdownCommand::new);
        COMMANDS.put("memlock", MemlockCommand::new);
        COMMANDS.put("agent", AgentCommand::new);
        COMMANDS.put("devices", DevicesCommand::new);
        COMMANDS.put("operator", OperatorCommand::new);
        COMMANDS.put("render", RenderCommand::new);
        COMMANDS.put("import", ImportCommand::new);
        COMMANDS.put("start", StartCommand::new);
        COMMANDS.put("stop", StopCommand::new);
        COMMANDS.put("restart", RestartCommand::new);
        COMMANDS.put("why", WhyCommand::new);
        COMMANDS.put("console", ConsoleCommand::new);
        COMMANDS.put("completion", CompletionCommand::new);
        COMMANDS.put("train", TrainCommand::new);
    }

    /** Commands that leave no thread, and end with their main method. */
    private static final Set<String> SHORT = Set.of("memlock", "devices", "render", "import");

    private Holdfast() {}

    /** Returns the command with all subcommands. */
    public static CommandLine commandLine() {
        CommandLine all = new CommandLine(new Holdfast());
        COMMANDS.forEach((name, command) -> all.addSubcommand(name, command.get()));
        return all;
    }

    /** Returns the command with the one subcommand that is called: the model of all of them takes a third of a launcher's start. */
    private static CommandLine commandLine(String... args) {
        Supplier<Callable<Integer>> called = args.length == 0 ? null : COMMANDS.get(args[0]);
        return called == null ? commandLine() : new CommandLine(new Holdfast()).addSubcommand(args[0], called.get());
    }

    public static void main(String[] args) {
        int status = run(args);
        // Without System.exit, which searches all jars for a logger of its calls: a fifth of the time of a short
        // command.
        if (status != 0 || !SHORT.contains(args.length == 0 ? "" : args[0])) {
            System.exit(status);
        }
    }

    /** Runs a command; returns its exit status. */
    static int run(String... args) {
        return commandLine(args).setExecutionExceptionHandler(Holdfast::report).execute(args);
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
