package dev.holdfast.user.console;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;

/** Session in a process of its own: records the mode of the terminal, and ends in one of three ways. */
final class RawSession {
    private RawSession() {}

    public static void main(String[] arguments) throws IOException, InterruptedException {
        TerminalMode mode = TerminalMode.raw();
        run("sh", "-c", "stty -a < /dev/tty > %s/during".formatted(arguments[0]));
        switch (arguments[1]) {
            case "exit" -> System.exit(0);
            case "signal" -> {
                run("kill", "-TERM", Long.toString(ProcessHandle.current().pid()));
                new CountDownLatch(1).await();
            }
            default -> mode.close();
        }
    }

    private static void run(String... command) throws IOException, InterruptedException {
        new ProcessBuilder(command).inheritIO().start().waitFor();
    }
}
