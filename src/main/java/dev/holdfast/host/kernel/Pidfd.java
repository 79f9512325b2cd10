package dev.holdfast.host.kernel;

/**
 * A lasting reference to one process: unlike a pid, a pidfd is never reused for another process.
 *
 * <p>Thread-safe.
 */
public final class Pidfd implements Pollable, AutoCloseable {
    private static final int SYS_PIDFD_OPEN = 434;
    private static final int F_DUPFD_CLOEXEC = 1030;
    private static final int CLOSED = -1;

    private int descriptor;

    /** Takes over an open descriptor. */
    Pidfd(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Opens the process that has this pid now.
     *
     * @param pid of a process, not of a thread, in this process's pid namespace
     * @throws ErrnoException ESRCH when there is no such process; ENOSYS before Linux 5.3
     */
    public static Pidfd open(int pid) throws ErrnoException {
        int descriptor = (int) Libc.syscall(SYS_PIDFD_OPEN, pid, 0, 0);
        if (descriptor < 0) {
            int errno = Libc.errno();
            throw new ErrnoException(
                    "pidfd_open", errno, "cannot open a pidfd of process " + pid + ": " + Errno.text(errno));
        }
        return new Pidfd(descriptor);
    }

    /**
     * Returns a second pidfd of the same process, which is to be closed separately.
     *
     * @throws ErrnoException EMFILE
     */
    public synchronized Pidfd duplicate() throws ErrnoException {
        int copy = Libc.fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
        if (copy < 0) {
            int errno = Libc.errno();
            throw new ErrnoException("fcntl", errno, "cannot duplicate a pidfd: " + Errno.text(errno));
        }
        return new Pidfd(copy);
    }

    /** Returns the descriptor, which becomes readable when the process has ended: pidfd_open(2). */
    @Override
    public synchronized int descriptor() {
        return descriptor;
    }

    /** Returns whether the process runs; false once it has ended, reaped or not, and after {@link #close}. */
    public synchronized boolean alive() {
        return descriptor != CLOSED && !Poll.now(descriptor, Poll.IN);
    }

    @Override
    public synchronized void close() {
        if (descriptor != CLOSED) {
            Libc.close(descriptor);
            descriptor = CLOSED;
        }
    }
}
