package dev.holdfast.agent.plugin;

import dev.holdfast.text.FailureText;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/** Logs a failure that is retried: once, and again when its message has changed. Not thread-safe. */
public final class FailureLog {
    private final Logger log;
    private final String key;
    private final String value;
    private @Nullable String failure;

    /**
     * Creates the object, without a failure.
     *
     * @param key   key of what fails, in the log
     * @param value name of what fails
     */
    public FailureLog(Logger log, String key, String value) {
        this.log = log;
        this.key = key;
        this.value = value;
    }

    /** An action that may fail. */
    @FunctionalInterface
    public interface Attempt {
        void run() throws IOException;
    }

    /** Runs the action; a failure is logged, and not thrown. */
    public void attempt(Attempt action) {
        try {
            action.run();
            failure = null;
        } catch (IOException e) {
            String now = FailureText.of(e);
            if (!now.equals(failure)) {
                log.atWarn().addKeyValue(key, value).log(now);
            }
            failure = now;
        }
    }

    /** Returns whether the last attempt failed. */
    public boolean failed() {
        return failure != null;
    }
}
