package dev.holdfast.agent.grant;

import dev.holdfast.host.kernel.ErrnoException;
import dev.holdfast.host.kernel.WakeablePoll;
import dev.holdfast.text.LogKeys;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Monitors the granted processes on its own thread: the kernel reports the end of a process, and their locked memory is
 * sampled at intervals. Without a grant the thread sleeps.
 */
public final class GrantMonitor implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GrantMonitor.class);
    private static final Duration AFTER_A_FAULT = Duration.ofSeconds(1);

    private final GrantRegistry registry;
    private final LockedMemorySampler memory;
    private final WakeablePoll poll;
    private final Thread thread;
    private final CountDownLatch stopped = new CountDownLatch(1);

    /**
     * Creates the monitor; nothing happens before {@link #start}.
     *
     * @throws ErrnoException when there are no descriptors left
     */
    public GrantMonitor(GrantRegistry registry, LockedMemorySampler memory) throws ErrnoException {
        this.registry = registry;
        this.memory = memory;
        poll = WakeablePoll.open();
        thread = Thread.ofPlatform().daemon().name("grant-watch").unstarted(this::run);
    }

    /** Starts the monitor; must be called once. */
    public void start() {
        thread.start();
    }

    /** Announces that the grants have changed. Thread-safe; returns at once. */
    public void wake() {
        poll.wake();
    }

    private void run() {
        while (stopped.getCount() > 0) {
            try {
                registry.sweep();
                Optional<Duration> nextSample = memory.sample();
                poll.await(registry.processes(), nextSample);
            } catch (ErrnoException | RuntimeException e) {
                log.atError().setCause(e).log("monitoring of grants was interrupted by a fault; it continues");
                pause();
            }
        }
        poll.close();
    }

    private void pause() {
        try {
            boolean ended = stopped.await(AFTER_A_FAULT.toMillis(), TimeUnit.MILLISECONDS);
            log.atTrace().addKeyValue(LogKeys.STOPPING, ended).log("paused");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        stopped.countDown();
        poll.wake();
    }
}
