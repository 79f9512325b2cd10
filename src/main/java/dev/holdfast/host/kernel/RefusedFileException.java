package dev.holdfast.host.kernel;

import java.io.IOException;

/** A file of a volume that must not be used. The caller knows the owner of the file and makes the message. */
public final class RefusedFileException extends IOException {
    private static final long serialVersionUID = 1;

    /** Reason for the refusal. */
    public enum Reason {
        /** The file does not exist. */
        MISSING,
        /** The path, or a link on it, leads out of the folder. */
        OUTSIDE,
        /** The file is of another kind: a folder, a pipe, a device. */
        OTHER_KIND,
        /** The file may not be opened in the requested mode. */
        DENIED
    }

    private final Reason reason;

    RefusedFileException(Reason reason, String path) {
        super(path + ": " + reason);
        this.reason = reason;
    }

    public Reason reason() {
        return reason;
    }
}
