package dev.holdfast.host.kernel;

/**
 * One process for good: unlike its number, a pidfd never comes to mean another process.
 *
 * <p>Safe for use by several threads.
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
     * The process that has this number now.
     *
     * @param pid of a process, not of a single thread, in this process's pid namespace
     * @throws ErrnoException ESRCH when there is none; ENOSYS before Linux 5.3
     */
    public static Pidfd open(int pid) throws ErrnoException {
        int descriptor = (int) Libc.syscall(SYS_PIDFD_OPEN, pid, 0, 0);
        if (descriptor < 0) {
            int errno = Libc.errno();
            throw new ErrnoException(
                    "pidfd_open", errno, "Process " + pid + " could not be held on to: " + Errno.text(errno) + ".");
        }
        return new Pidfd(descriptor);
    }

    /**
     * A second hold on the same process, to be closed on its own.
     *
     * @throws ErrnoException EMFILE
     */
    public synchronized Pidfd duplicate() throws ErrnoException {
        int copy = Libc.fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
        if (copy < 0) {
            int errno = Libc.errno();
            throw new ErrnoException("fcntl", errno, "A pidfd could not be duplicated: " + Errno.text(errno) + ".");
        }
        return new Pidfd(copy);
    }

    /** Readable once the process has ended: pidfd_open(2). */
    @Override
    public synchronized int descriptor() {
        return descriptor;
    }

    /** False once the process has ended, reaped or not; false too after {@link #close}. */
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
