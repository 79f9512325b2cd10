package dev.holdfast.user.console;

import java.io.Console;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Raw mode of the terminal: each key is read at once, and none is interpreted, so that Ctrl-C is the guest's. Set and restored by
 * {@code stty}, as Java has no call for it; restored also when the process ends by a signal other than SIGKILL.
 */
public final class TerminalMode implements AutoCloseable {
    private static final File TERMINAL = new File("/dev/tty");
    private static final int SECONDS = 10;

    private final String former;
    private final AtomicBoolean isRestored = new AtomicBoolean();

    private TerminalMode(String former) {
        this.former = former;
    }

    /** Returns whether standard input and output are a terminal. */
    public static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    /**
     * Sets raw mode until this is closed.
     *
     * @throws IOException when stty fails
     */
    public static TerminalMode raw() throws IOException {
        TerminalMode mode = new TerminalMode(stty("-g").strip());
        Runtime.getRuntime().addShutdownHook(new Thread(mode::restore, "restore terminal"));
        stty("raw", "-echo");
        return mode;
    }

    @Override
    public void close() {
        restore();
    }

    private void restore() {
        if (isRestored.getAndSet(true)) {
            return;
        }
        try {
            stty(former);
        } catch (IOException e) {
            System.err.println("the terminal could not be restored; run `stty sane`: " + e.getMessage());
        }
    }

    private static String stty(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of("stty"));
        command.addAll(List.of(arguments));
        Process stty = new ProcessBuilder(command)
                .redirectInput(TERMINAL)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try {
            String output = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            if (!stty.waitFor(SECONDS, TimeUnit.SECONDS) || stty.exitValue() != 0) {
                stty.destroyForcibly();
                throw new IOException("stty %s of the terminal failed".formatted(String.join(" ", arguments)));
            }
            return output;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
