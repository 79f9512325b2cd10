package dev.holdfast.host.kernel;

import java.io.IOException;

/** A system call that failed. The message is for users; call and errno are for programs. */
public final class ErrnoException extends IOException {
    private static final long serialVersionUID = 1;

    private final String call;
    private final int errno;
    private final String message;

    ErrnoException(String call, int errno, String message) {
        super(message);
        this.call = call;
        this.errno = errno;
        this.message = message;
    }

    /** Returns the system call: {@code prlimit}, {@code execve}, ... */
    public String call() {
        return call;
    }

    /** Returns the error number of errno(3), such as one of the constants in {@link Errno}. */
    public int errno() {
        return errno;
    }

    /** Returns the message; unlike {@link #getMessage} never null. */
    public String message() {
        return message;
    }
}
