package dev.holdfast.text;

import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Objects;

/** Text of a failure. The message of an exception about a file is often the path alone. */
public final class FailureText {
    private FailureText() {}

    /** Returns the message, for a file with what prevents its use. */
    public static String of(Exception e) {
        return e instanceof FileSystemException file && file.getReason() == null
                ? file.getFile() + ": " + reason(file)
                : Objects.toString(e.getMessage(), e.toString());
    }

    private static String reason(FileSystemException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        return e instanceof NoSuchFileException
                ? "no such file or directory"
                : e.getClass().getSimpleName();
    }
}
