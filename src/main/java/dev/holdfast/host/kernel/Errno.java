package dev.holdfast.host.kernel;

/** Error numbers of errno(3) that Holdfast distinguishes; they are the same on x86_64 and aarch64. */
final class Errno {
    static final int EPERM = 1;
    static final int ENOENT = 2;
    static final int ESRCH = 3;
    static final int EINTR = 4;
    static final int E2BIG = 7;
    static final int ENOEXEC = 8;
    static final int EAGAIN = 11;
    static final int EACCES = 13;
    static final int EXDEV = 18;
    static final int ENOTDIR = 20;
    static final int EINVAL = 22;
    static final int EMFILE = 24;
    static final int ENFILE = 23;
    static final int ENOMEM = 12;
    static final int EROFS = 30;
    static final int EPIPE = 32;
    static final int ENOSYS = 38;
    static final int ELOOP = 40;
    static final int ENOPROTOOPT = 92;
    static final int EADDRINUSE = 98;
    static final int ECONNABORTED = 103;
    static final int ENOBUFS = 105;

    private Errno() {}

    /** Returns a text for an error number; the number itself for one that is not listed here. */
    static String text(int errno) {
        return switch (errno) {
            case EPERM -> "operation not permitted";
            case ENOENT -> "no such file or directory";
            case ESRCH -> "no such process";
            case E2BIG -> "argument list too long";
            case ENOEXEC -> "not an executable format";
            case EAGAIN -> "timed out";
            case ENOMEM -> "out of memory";
            case EACCES -> "permission denied";
            case ENOTDIR -> "not a directory";
            case EINVAL -> "invalid argument";
            case ENFILE, EMFILE -> "too many open files";
            case EPIPE -> "the peer has closed the connection";
            case ENOSYS -> "not supported by this kernel";
            case EADDRINUSE -> "address in use";
            default -> "errno " + errno;
        };
    }
}
