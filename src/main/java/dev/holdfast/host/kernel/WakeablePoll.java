package dev.holdfast.host.kernel;

import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;

/**
 * Waits until one of several descriptors has something to say, or somebody calls: poll(2) with an eventfd beside.
 *
 * <p>{@link #await} is for one thread, which alone may close what it waits on; {@link #wake} is for any.
 */
public final class WakeablePoll implements AutoCloseable {
    private static final int EFD_CLOEXEC = 0x80000;
    private static final int EFD_NONBLOCK = 0x800;
    private static final int FOREVER = -1;
    /** The answer's half of struct pollfd: the upper 16 bits, both architectures being little-endian. */
    private static final int ANSWER_SHIFT = 16;

    private int eventfd;

    private WakeablePoll(int eventfd) {
        this.eventfd = eventfd;
    }

    /**
     * Ready to wait.
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
     * Waits for the first of them, a call of {@link #wake} since the last time, or the time.
     *
     * @param patience empty waits without end
     * @return the positions in the list of those that are readable or broken; empty after a call and when time is up
     * @throws ErrnoException ENOMEM, or EINVAL for more descriptors than the process may have
     */
    public BitSet await(List<? extends Pollable> all, Optional<Duration> patience) throws ErrnoException {
        int[] entries = new int[2 * (all.size() + 1)];
        for (int i = 0; i < all.size(); i++) {
            entries[2 * i] = all.get(i).descriptor();
            entries[2 * i + 1] = Poll.IN;
        }
        entries[2 * all.size()] = eventfd;
        entries[2 * all.size() + 1] = Poll.IN;
        int ready = Libc.poll(
                entries, all.size() + 1L, patience.map(WakeablePoll::millis).orElse(FOREVER));
        if (ready < 0) {
            int errno = Libc.errno();
            if (errno == Errno.EINTR) {
                return new BitSet();
            }
            throw failed("poll", errno);
        }
        if (entries[2 * all.size() + 1] >>> ANSWER_SHIFT != 0) {
            // Back to zero; that it was not is all that counts.
            Libc.read(eventfd, new long[1], Long.BYTES);
        }
        BitSet found = new BitSet(all.size());
        for (int i = 0; i < all.size(); i++) {
            found.set(i, entries[2 * i + 1] >>> ANSWER_SHIFT != 0);
        }
        return found;
    }

    /** Ends the wait under way, or the next one; does nothing after {@link #close}. */
    public synchronized void wake() {
        if (eventfd >= 0) {
            Libc.write(eventfd, new long[] {1}, Long.BYTES);
        }
    }

    /** To be called by the thread that waits, once it does not any more. */
    @Override
    public synchronized void close() {
        if (eventfd >= 0) {
            Libc.close(eventfd);
            eventfd = -1;
        }
    }

    /** A millisecond more than is left, so that the last round does not spin. */
    private static int millis(Duration patience) {
        return patience.isNegative() ? 0 : (int) Math.min(Integer.MAX_VALUE - 1, patience.toMillis()) + 1;
    }

    private static ErrnoException failed(String call, int errno) {
        return new ErrnoException(
                call, errno, "Waiting on several descriptors failed (" + call + "): " + Errno.text(errno) + ".");
    }
}
