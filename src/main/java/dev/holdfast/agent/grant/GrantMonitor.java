package dev.holdfast.agent.grant;

import dev.holdfast.host.kernel.ErrnoException;
import dev.holdfast.host.kernel.WakeablePoll;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches over the granted processes on a thread of its own: the kernel tells when one has ended, and now and then is
 * looked at what they have locked. Without a grant it sleeps until there is one.
 */
public final class GrantMonitor implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GrantMonitor.class);
    private static final Duration AFTER_A_FAULT = Duration.ofSeconds(1);

    private final GrantRegistry book;
    private final LockedMemorySampler memory;
    private final WakeablePoll poll;
    private final Thread thread;
    private final CountDownLatch stopped = new CountDownLatch(1);

    /**
     * Does nothing before {@link #start}.
     *
     * @throws ErrnoException when there are no descriptors left
     */
    public GrantMonitor(GrantRegistry book, LockedMemorySampler memory) throws ErrnoException {
        this.book = book;
        this.memory = memory;
        poll = WakeablePoll.open();
        thread = Thread.ofPlatform().daemon().name("grant-watch").unstarted(this::run);
    }

    /** To be called once. */
    public void start() {
        thread.start();
    }

    /** There are other grants than before; from any thread, returns at once. */
    public void wake() {
        poll.wake();
    }

    private void run() {
        while (stopped.getCount() > 0) {
            try {
                book.sweep();
                Optional<Duration> nextSample = memory.sample();
                poll.await(book.processes(), nextSample);
            } catch (ErrnoException | RuntimeException e) {
                log.atError().setCause(e).log("the watch over the VMs was interrupted by a fault; it goes on");
                pause();
            }
        }
        poll.close();
    }

    private void pause() {
        try {
            boolean ended = stopped.await(AFTER_A_FAULT.toMillis(), TimeUnit.MILLISECONDS);
            log.atTrace().addKeyValue("stopping", ended).log("paused");
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
