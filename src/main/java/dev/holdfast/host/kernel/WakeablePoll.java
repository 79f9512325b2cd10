package dev.holdfast.host.kernel;

import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * Waits until one of several descriptors is ready or {@link #wake} is called: poll(2) with an additional eventfd.
 *
 * <p>{@link #wake} is thread-safe. {@link #await} is for one thread, and only that thread may close the descriptors that it
 * waits on.
 */
public final class WakeablePoll implements AutoCloseable {
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK = 0x800;
    private static final int FOREVER = -1;
    /** Position of revents in struct pollfd: the upper 16 bits, as both architectures are little-endian. */
    private static final int REVENTS_SHIFT = 16;

    private int eventfd;

    private WakeablePoll(int eventfd) {
        this.eventfd = eventfd;
    }

    /**
     * Creates a poll without descriptors.
     *
     * @throws ErrnoException EMFILE
     */
    public static WakeablePoll open() throws ErrnoException {
        int eventfd = Libc.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (eventfd < 0) {
            throw failed("eventfd", Libc.errno());
        }
        return new WakeablePoll(eventfd);
    }

    /**
     * Waits until a descriptor is ready, {@link #wake} has been called since the last wait, or the timeout has passed.
     *
     * @param timeout empty for none
     * @return the indexes of descriptors that are readable or have failed; empty after a wake-up or timeout
     * @throws ErrnoException ENOMEM, or EINVAL for more descriptors than the process may open
     */
    public BitSet await(List<? extends Pollable> all, Optional<Duration> timeout) throws ErrnoException {
        int[] entries = new int[2 * (all.size() + 1)];
        for (int i = 0; i < all.size(); i++) {
            entries[2 * i] = all.get(i).descriptor();
            entries[2 * i + 1] = Poll.IN;
        }
        entries[2 * all.size()] = eventfd;
        entries[2 * all.size() + 1] = Poll.IN;
        int ready = Libc.poll(
                entries, all.size() + 1L, timeout.map(WakeablePoll::millis).orElse(FOREVER));
        if (ready < 0) {
            int errno = Libc.errno();
            if (errno == Errno.EINTR) {
                return new BitSet();
            }
            throw failed("poll", errno);
        }
        if (entries[2 * all.size() + 1] >>> REVENTS_SHIFT != 0) {
            // Resets the counter; its value is not used.
            Libc.read(eventfd, new long[1], Long.BYTES);
        }
        BitSet found = new BitSet(all.size());
        for (int i = 0; i < all.size(); i++) {
            found.set(i, entries[2 * i + 1] >>> REVENTS_SHIFT != 0);
        }
        return found;
    }

    /** Ends the current wait, or the next one; does nothing after {@link #close}. */
    public synchronized void wake() {
        if (eventfd >= 0) {
            Libc.write(eventfd, new long[] {1}, Long.BYTES);
        }
    }

    /** Closes the poll; must be called by the thread that waits, after its last wait. */
    @Override
    public synchronized void close() {
        if (eventfd >= 0) {
            Libc.close(eventfd);
            eventfd = -1;
        }
    }

    /** Returns one millisecond more than is left, so that the last iteration does not busy-wait. */
    private static int millis(Duration timeout) {
        return timeout.isNegative() ? 0 : (int) Math.min(Integer.MAX_VALUE - 1, timeout.toMillis()) + 1;
    }

    private static ErrnoException failed(String call, int errno) {
        return new ErrnoException(
                call, errno, "waiting on several descriptors failed (" + call + "): " + Errno.text(errno));
    }
}
