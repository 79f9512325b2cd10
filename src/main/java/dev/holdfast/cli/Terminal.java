package dev.holdfast.cli;

import java.io.Console;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How wide the lines are that a person reads. */
public final class Terminal {
    /** Where nothing tells: a file, a pipe, a log. */
    static final int USUAL_WIDTH = 120;

    private static final Pattern SIZE = Pattern.compile("[0-9]{1,4} ([0-9]{1,4})\\s*");
    private static final Pattern COLUMNS = Pattern.compile("[0-9]{1,4}");
    private static final int NARROWEST = 60;

    private Terminal() {}

    /** Columns; at least 60, as a narrower table is no table. */
    public static int width() {
        String columns = System.getenv("COLUMNS");
        int width = columns != null && COLUMNS.matcher(columns).matches() ? Integer.parseInt(columns) : asked();
        return Math.max(NARROWEST, width);
    }

    /** Java has no call for it; {@code stty} of coreutils and busybox has. */
    private static int asked() {
        @Nullable Console console = System.console();
        if (console == null || !console.isTerminal()) {
            return USUAL_WIDTH;
        }
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(Path.of("/dev/tty").toFile())
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            if (!stty.waitFor(1, TimeUnit.SECONDS)) {
                stty.destroyForcibly();
                return USUAL_WIDTH;
            }
            Matcher size = SIZE.matcher(new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
            int width = size.matches() ? Integer.parseInt(size.group(1)) : 0;
            return width == 0 ? USUAL_WIDTH : width;
        } catch (IOException e) {
            return USUAL_WIDTH;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return USUAL_WIDTH;
        }
    }
}
