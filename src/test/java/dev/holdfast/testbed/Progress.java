package dev.holdfast.testbed;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;

/**
 * Waits that go by progress and not by the clock: on a slow or busy machine everything takes longer, but something moves.
 * A wait fails when all traces have stood still for {@link #STILL}, or at last after {@link #LAST_BOUND}.
 */
public final class Progress {
    /** Longer than a nested guest's kernel boots in silence on a machine with four times the work that it can do. */
    private static final Duration STILL = Duration.ofMinutes(10);

    /** For what moves and never arrives. */
    private static final Duration LAST_BOUND = Duration.ofMinutes(40);

    /** For what takes seconds on a quiet machine. */
    private static final Duration LAST_BOUND_OF_HOST = Duration.ofMinutes(10);

    private static final Duration POLL = Duration.ofMillis(250);
    /** Between two looks at the traces: a look costs more than most conditions. */
    private static final Duration LOOK = Duration.ofSeconds(5);

    private final List<Supplier<?>> traces;

    private Progress(List<Supplier<?>> traces) {
        this.traces = traces;
    }

    /**
     * Progress as seen by traces.
     *
     * @param traces each returns a value that differs from the one before when something has moved; one that throws ends
     *               the wait
     */
    public static Progress of(Supplier<?>... traces) {
        return new Progress(List.of(traces));
    }

    /** The lengths of all log files below a folder, as a trace. */
    public static Supplier<?> logsBelow(Path folder) {
        return () -> lengths(folder);
    }

    /** Begins a wait for what this host does by itself, at its own speed: only the last bound ends it. */
    public static ConditionFactory eventually(String what) {
        return Awaitility.await(what).atMost(LAST_BOUND_OF_HOST).pollInterval(POLL);
    }

    /** Waits for what this host does by itself. */
    public static void eventually(String what, Callable<Boolean> holds) {
        eventually(what).until(holds);
    }

    /**
     * Begins a wait.
     *
     * @param what is awaited, for the message of a failed wait
     */
    public ConditionFactory await(String what) {
        Stillness stillness = new Stillness();
        return Awaitility.await(what).atMost(LAST_BOUND).pollInterval(POLL).failFast(() -> stillness.check(what));
    }

    private static long lengths(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(".log"))
                    .mapToLong(file -> file.toFile().length())
                    .sum();
        } catch (IOException | UncheckedIOException e) {
            // A folder that is made or removed meanwhile: what moves is no obstacle.
            return -1;
        }
    }

    private final class Stillness {
        private List<?> seen = List.of();
        private long movedAt = System.nanoTime();
        private long lookedAt = movedAt - LOOK.toNanos();

        void check(String what) {
            long now = System.nanoTime();
            if (now - lookedAt < LOOK.toNanos()) {
                return;
            }
            lookedAt = now;
            List<?> traced = traces.stream().map(Supplier::get).toList();
            if (!traced.equals(seen)) {
                seen = traced;
                movedAt = now;
            } else if (now - movedAt > STILL.toNanos()) {
                throw new AssertionError("waited for: %s; neither a log nor an object has moved for %d minutes"
                        .formatted(what, TimeUnit.NANOSECONDS.toMinutes(now - movedAt)));
            }
        }
    }
}
