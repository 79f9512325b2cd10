package dev.holdfast.launch.disk;

/** Thrown for an invalid disk, with a message for users. */
public final class DiskException extends Exception {
    private static final long serialVersionUID = 1;

    private final String message;

    DiskException(String message) {
        super(message);
        this.message = message;
    }

    DiskException(String message, Exception cause) {
        super(message, cause);
        this.message = message;
    }

    /** Returns the message, for the container's termination message. */
    public String message() {
        return message;
    }
}
