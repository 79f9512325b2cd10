package dev.holdfast.host.kernel;

import java.time.Duration;

/** poll(2) on one descriptor. */
final class Poll {
    static final int IN = 1;
    static final int OUT = 4;
    /** The answer's half of struct pollfd: the upper 16 bits, both architectures being little-endian. */
    private static final int ANSWER_SHIFT = 16;

    private Poll() {}

    /** Whether there is something to be had without waiting. */
    static boolean now(int descriptor, int events) {
        int[] entry = {descriptor, events};
        return Libc.poll(entry, 1, 0) > 0 && entry[1] >>> ANSWER_SHIFT != 0;
    }

    /**
     * Waits until a moment of {@link System#nanoTime}.
     *
     * @return false when that moment came first
     */
    static boolean until(int descriptor, int events, long deadlineNanos) throws ErrnoException {
        while (true) {
            long left = deadlineNanos - System.nanoTime();
            if (left <= 0) {
                return false;
            }
            // A millisecond more than is left, so that the last round does not spin.
            int millis =
                    (int) Math.min(Integer.MAX_VALUE, Duration.ofNanos(left).toMillis() + 1);
            int ready = Libc.poll(new int[] {descriptor, events}, 1, millis);
            if (ready > 0) {
                return true;
            }
            if (ready < 0 && Libc.errno() != Errno.EINTR) {
                int errno = Libc.errno();
                throw new ErrnoException("poll", errno, "Waiting on a socket failed: " + Errno.text(errno) + ".");
            }
        }
    }
}
