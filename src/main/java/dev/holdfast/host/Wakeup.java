package dev.holdfast.host;

/** Ends another thread's wait in poll(2): a descriptor that has something to be read from the first {@link #wake} on. */
final class Wakeup implements AutoCloseable {
    private static final int EFD_CLOEXEC = 0x80000;
    /** eventfd(2) counts in eight bytes of the machine's order. */
    private static final byte[] ONE = {1, 0, 0, 0, 0, 0, 0, 0};

    private final int descriptor;

    private Wakeup(int descriptor) {
        this.descriptor = descriptor;
    }

    static Wakeup open() throws ErrnoException {
        int descriptor = Libc.eventfd(0, EFD_CLOEXEC);
        if (descriptor < 0) {
            int errno = Libc.errno();
            throw new ErrnoException("eventfd", errno, "No event descriptor could be made: " + Errno.text(errno) + ".");
        }
        return new Wakeup(descriptor);
    }

    int descriptor() {
        return descriptor;
    }

    void wake() {
        Libc.write(descriptor, ONE, ONE.length);
    }

    @Override
    public void close() {
        Libc.close(descriptor);
    }
}
