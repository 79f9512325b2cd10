package dev.holdfast.host;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** A real process that does nothing, to be limited, watched and ended. */
public final class Sleeper implements AutoCloseable {
    private final Process process;

    public Sleeper() throws IOException {
        process = new ProcessBuilder("sleep", "300").start();
    }

    public int pid() {
        return Math.toIntExact(process.pid());
    }

    /** Ends the process and waits until it has been reaped. */
    public void end() {
        process.destroyForcibly();
        try {
            process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        end();
    }
}
