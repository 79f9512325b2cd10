package dev.holdfast.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Width of the terminal. */
public final class Terminal {
    /** Width where it is unknown: a file, a pipe, a log. */
    static final int DEFAULT_WIDTH = 120;

    private static final Pattern SIZE = Pattern.compile("[0-9]{1,4} ([0-9]{1,4})\\s*");
    private static final Pattern COLUMNS = Pattern.compile("[0-9]{1,4}");
    private static final int MIN_WIDTH = 60;

    private Terminal() {}

    /** Returns the columns of the terminal, at least 60, as a narrower table would not be readable. */
    public static int width() {
        String columns = System.getenv("COLUMNS");
        int width = columns != null && COLUMNS.matcher(columns).matches() ? Integer.parseInt(columns) : reported();
        return Math.max(MIN_WIDTH, width);
    }

    /** Returns the width that {@code stty} of coreutils or busybox reports, as Java has no call for it. */
    private static int reported() {
        @Nullable Console console = System.console();
        if (console == null || !console.isTerminal()) {
            return DEFAULT_WIDTH;
        }
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(Path.of("/dev/tty").toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!stty.waitFor(1, TimeUnit.SECONDS)) {
                stty.destroyForcibly();
                return DEFAULT_WIDTH;
            }
            Matcher size = SIZE.matcher(new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
            int width = size.matches() ? Integer.parseInt(size.group(1)) : 0;
            return width == 0 ? DEFAULT_WIDTH : width;
        } catch (IOException e) {
            return DEFAULT_WIDTH;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return DEFAULT_WIDTH;
        }
    }
}
