package dev.holdfast.launch;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Thrown when the guest cannot start, with a message for users. */
public final class LaunchException extends Exception {
    private static final long serialVersionUID = 1;

    /** Exit status for an invalid shape. */
    public static final int UNUSABLE_SHAPE = 2;

    /** Exit status when the agent refuses. */
    public static final int REFUSED = 3;

    /** Exit status when another requirement in the pod or on the node is not met. Not 1, which is QEMU's. */
    public static final int FAILED = 4;

    private final String message;
    private final int exitStatus;

    private LaunchException(String message, @Nullable Exception cause, int exitStatus) {
        super(message, cause);
        this.message = message;
        this.exitStatus = exitStatus;
    }

    static LaunchException failed(String message) {
        return new LaunchException(message, null, FAILED);
    }

    static LaunchException failed(Exception cause) {
        return new LaunchException(messageOf(cause), cause, FAILED);
    }

    static LaunchException unusable(Exception cause) {
        return new LaunchException(messageOf(cause), cause, UNUSABLE_SHAPE);
    }

    static LaunchException refused(String message) {
        return new LaunchException(message, null, REFUSED);
    }

    private static String messageOf(Exception cause) {
        return Objects.requireNonNullElseGet(cause.getMessage(), cause::toString);
    }

    /** Returns the message, for the container's termination message. */
    public String message() {
        return message;
    }

    /** Returns one of the constants of this class. */
    public int exitStatus() {
        return exitStatus;
    }
}
