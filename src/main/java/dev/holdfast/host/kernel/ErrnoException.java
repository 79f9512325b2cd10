package dev.holdfast.host.kernel;

import java.io.IOException;

/** A call to the kernel that failed. The message is one sentence for a person; call and errno are for programs. */
public final class ErrnoException extends IOException {
    private static final long serialVersionUID = 1;

    private final String call;
    private final int errno;
    private final String sentence;

    ErrnoException(String call, int errno, String sentence) {
        super(sentence);
        this.call = call;
        this.errno = errno;
        this.sentence = sentence;
    }

    /** The system call: {@code prlimit}, {@code execve}, ... */
    public String call() {
        return call;
    }

    /** The number of errno(3), one of the constants in {@link Errno} among others. */
    public int errno() {
        return errno;
    }

    /** The message, which is always there. */
    public String sentence() {
        return sentence;
    }
}
