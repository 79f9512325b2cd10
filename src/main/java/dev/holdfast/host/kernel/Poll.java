package dev.holdfast.host.kernel;

import java.time.Duration;

/** Calls poll(2) on one descriptor. */
final class Poll {
    static final int IN = 1;
    static final int OUT = 4;
    /** Position of revents in struct pollfd: the upper 16 bits, as both architectures are little-endian. */
    private static final int REVENTS_SHIFT = 16;

    private Poll() {}

    /** Returns whether one of the events is there now; does not wait. */
    static boolean now(int descriptor, int events) {
        int[] entry = {descriptor, events};
        return Libc.poll(entry, 1, 0) > 0 && entry[1] >>> REVENTS_SHIFT != 0;
    }

    /**
     * Waits until a deadline by {@link System#nanoTime}.
     *
     * @return false when the deadline came first
     */
    static boolean until(int descriptor, int events, long deadlineNanos) throws ErrnoException {
        while (true) {
            long left = deadlineNanos - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            // One millisecond more than is left, so that the last iteration does not busy-wait.
            int millis =
                    (int) Math.min(Integer.MAX_VALUE, Duration.ofNanos(left).toMillis() + 1);
            int ready = Libc.poll(new int[] {descriptor, events}, 1, millis);
            if (ready > 0) {
                return true;
            }
            if (ready < 0 && Libc.errno() != Errno.EINTR) {
                int errno = Libc.errno();
                throw new ErrnoException("poll", errno, "waiting on a socket failed: " + Errno.text(errno));
            }
        }
    }
}
