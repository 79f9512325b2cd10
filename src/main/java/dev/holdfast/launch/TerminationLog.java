package dev.holdfast.launch;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where a container leaves its last word; the operator reads it from the pod's status. */
public final class TerminationLog {
    private static final Logger log = LoggerFactory.getLogger(TerminationLog.class);

    private final Path path;

    /**
     * @param path {@code /dev/termination-log} unless the container says otherwise
     */
    public TerminationLog(Path path) {
        this.path = path;
    }

    /** Leaves the sentence; where that is not possible, the log has to do. */
    public void write(String sentence) {
        try {
            Files.writeString(path, sentence);
        } catch (IOException e) {
            log.atWarn()
                    .addKeyValue("path", path)
                    .addKeyValue("problem", e.toString())
                    .log("the termination message could not be written");
        }
    }
}
