package dev.holdfast.launch;

import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** File for a container's termination message, which the operator reads from the pod's status. */
public final class TerminationLog {
    private static final Logger log = LoggerFactory.getLogger(TerminationLog.class);

    private final Path path;

    /**
     * @param path {@code /dev/termination-log} unless the container says otherwise
     */
    public TerminationLog(Path path) {
        this.path = path;
    }

    /** Writes the message; if that fails, the message is only in the log. */
    public void write(String message) {
        try {
            Files.writeString(path, message);
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue(LogKeys.PATH, path)
                    .addKeyValue(LogKeys.ERROR, e.toString())
                    .log("the termination message could not be written");
        }
    }
}
