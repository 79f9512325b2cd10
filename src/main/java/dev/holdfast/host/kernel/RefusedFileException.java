package dev.holdfast.host.kernel;

import java.io.IOException;

/** A file of a volume that is not to be used; the caller knows whose it is and words the message. */
public final class RefusedFileException extends IOException {
    private static final long serialVersionUID = 1;

    /** Why it is refused. */
    public enum Reason {
        /** There is no such file. */
        MISSING,
        /** A link on its path, or its path itself, leads out of the folder. */
        OUTSIDE,
        /** It is of another kind: a folder, a pipe, a device. */
        OTHER_KIND,
        /** It may not be opened as asked for. */
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
