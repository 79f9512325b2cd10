package dev.holdfast.testbed.apiserver;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs one piece of work on a thread of its own whenever something has changed; many changes make one run. */
public final class Loop implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Loop.class);
    private static final long RETRY_MILLIS = 500;

    private final ExecutorService executor;
    private final AtomicBoolean pending = new AtomicBoolean();
    private final String name;
    private final Runnable work;

    public Loop(String name, Runnable work) {
        this.name = name;
        this.work = work;
        executor = Executors.newSingleThreadExecutor(
                Thread.ofPlatform().name(name).daemon(true).factory());
    }

    /** The work runs once more, from its start, soon. */
    public void poke() {
        pokeIn(0);
    }

    /** Runs the loop later; an earlier poke replaces it. */
    public void pokeIn(long millis) {
        if (!executor.isShutdown() && (millis > 0 || pending.compareAndSet(false, true))) {
            CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS, executor)
                    .execute(this::run);
        }
    }

    private void run() {
        pending.set(false);
        try {
            work.run();
        } catch (RuntimeException e) {
            // A conflict is a controller's daily bread; the next run sees the newer object.
            log.atWarn()
                    .addKeyValue("loop", name)
                    .addKeyValue("cause", e.getMessage())
                    .log("Trying again");
            pokeIn(RETRY_MILLIS);
        }
    }

    @Override
    public void close() {
        executor.shutdownNow();
    }
}
