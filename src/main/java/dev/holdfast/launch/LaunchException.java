package dev.holdfast.launch;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The guest cannot start. The message is one sentence. */
public final class LaunchException extends Exception {
    private static final long serialVersionUID = 1;

    /** Exit status for a shape that cannot be used. */
    public static final int UNUSABLE_SHAPE = 2;

    /** Exit status when the agent says no. */
    public static final int REFUSED = 3;

    /** Exit status when something here or on the node is not as it has to be. Not 1: that is QEMU's. */
    public static final int FAILED = 4;

    private final String sentence;
    private final int exitStatus;

    private LaunchException(String sentence, @Nullable Exception cause, int exitStatus) {
        super(sentence, cause);
        this.sentence = sentence;
        this.exitStatus = exitStatus;
    }

    static LaunchException failed(String sentence) {
        return new LaunchException(sentence, null, FAILED);
    }

    static LaunchException failed(Exception cause) {
        return new LaunchException(sentenceOf(cause), cause, FAILED);
    }

    static LaunchException unusable(Exception cause) {
        return new LaunchException(sentenceOf(cause), cause, UNUSABLE_SHAPE);
    }

    static LaunchException refused(String sentence) {
        return new LaunchException(sentence, null, REFUSED);
    }

    private static String sentenceOf(Exception cause) {
        return Objects.requireNonNullElseGet(cause.getMessage(), cause::toString);
    }

    /** For the container's termination message. */
    public String sentence() {
        return sentence;
    }

    /** One of the constants here. */
    public int exitStatus() {
        return exitStatus;
    }
}
