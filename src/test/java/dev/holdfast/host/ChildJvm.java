package dev.holdfast.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A second JVM with the tests' classpath, for what can only be seen from outside of a process. */
public final class ChildJvm {
    private ChildJvm() {}

    /** Standard error is joined to standard output. */
    public static Process start(Class<?> main, String... arguments) throws IOException {
        return new ProcessBuilder(command(main, arguments))
                .redirectErrorStream(true)
                .start();
    }

    /** The same, started by a command that ends in running its arguments. */
    public static Process startIn(List<String> runner, Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(runner);
        command.addAll(command(main, arguments));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /** Both streams go to the log; variables are added to our own. */
    public static Process start(Class<?> main, Map<String, String> variables, Path log, String... arguments)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command(main, arguments))
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().putAll(variables);
        return builder.start();
    }

    private static List<String> command(Class<?> main, String... arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }

    /** All that it says until it ends. */
    public static String output(Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
}
