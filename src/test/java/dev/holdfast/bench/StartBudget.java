package dev.holdfast.bench;

import java.io.IOException;
import java.util.stream.LongStream;

/**
 * The time within which a process must have started. On a machine that others keep busy most of it goes by in waiting for a
 * processor: there the budget is held against the processor time.
 *
 * @param millis budget
 */
record StartBudget(long millis) {
    private static final int PROBES = 11;
    /** A program that does nothing takes a millisecond on a machine with nothing else to do. */
    private static final long IDLE_NANOS = 4_000_000;

    /** Judges a start by its duration, or on a busy machine by its processor time. */
    Figure figure(String what, long tookMillis, long processorMillis) throws IOException {
        boolean busy = isBusy();
        return new Figure(
                what,
                "%d ms, %d of CPU".formatted(tookMillis, processorMillis),
                millis + (busy ? " ms of CPU (busy)" : " ms"),
                (busy ? processorMillis : tookMillis) <= millis);
    }

    private static boolean isBusy() throws IOException {
        long[] nanos = new long[PROBES];
        for (int i = 0; i < PROBES; i++) {
            long start = System.nanoTime();
            new ProcessBuilder("true").start().onExit().join();
            nanos[i] = System.nanoTime() - start;
        }
        return LongStream.of(nanos).sorted().skip(PROBES / 2).findFirst().orElseThrow() > IDLE_NANOS;
    }
}
