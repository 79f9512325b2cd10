package dev.holdfast.app;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/**
 * {@code holdfast train}: runs several commands in one process. An AOT cache has what the process needed that made it, so this is
 * how the commands that share a cache all find their classes in it.
 */
@Command(
        name = "train",
        hidden = true,
        description = "Runs several commands in one process, which makes their AOT cache.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class)
final class TrainCommand implements Callable<Integer> {
    private static final String SEPARATOR = "then";

    @Parameters(
            arity = "1..*",
            paramLabel = "COMMAND",
            description = "Commands with their options, separated by the word then; must follow --.")
    private List<String> words = List.of();

    @Override
    public Integer call() {
        int status = 0;
        for (List<String> command : commands(words)) {
            status = Math.max(status, Holdfast.run(command.toArray(String[]::new)));
        }
        return status;
    }

    static List<List<String>> commands(List<String> words) {
        List<List<String>> commands = new ArrayList<>(List.of(new ArrayList<>()));
        for (String word : words) {
            if (word.equals(SEPARATOR)) {
                commands.add(new ArrayList<>());
            } else {
                commands.getLast().add(word);
            }
        }
        return commands;
    }
}
