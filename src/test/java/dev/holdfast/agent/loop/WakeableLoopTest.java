package dev.holdfast.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WakeableLoopTest {
    private static final Duration LONG = Duration.ofHours(1);

    private final AtomicInteger count = new AtomicInteger();

    @Test
    void continuesAfterAFailedRound() {
        try (WakeableLoop rounds = new WakeableLoop("test", () -> {
            if (count.incrementAndGet() == 1) {
                throw new IllegalStateException("a fault");
            }
            return LONG;
        })) {
            rounds.wake();
            await().until(() -> count.get() == 1);
            rounds.wake();
            await().until(() -> count.get() == 2);
        }
    }

    @Test
    void runsAgainAfterTheReturnedTime() {
        try (WakeableLoop rounds =
                new WakeableLoop("test", () -> count.incrementAndGet() < 3 ? Duration.ofMillis(1) : LONG)) {
            rounds.wake();

            await().until(() -> count.get() == 3);
        }
    }

    @Test
    void dropsTheReturnedTimeWhenWokenBefore() throws InterruptedException {
        List<Duration> asked = List.of(Duration.ofMillis(200), LONG);
        CountDownLatch twice = new CountDownLatch(2);
        try (WakeableLoop rounds = new WakeableLoop("test", () -> {
            twice.countDown();
            return asked.get(Math.min(count.getAndIncrement(), 1));
        })) {
            rounds.wake();
            await().until(() -> count.get() == 1);
            rounds.wake();
            twice.await();

            await().during(Duration.ofMillis(400)).until(() -> count.get() == 2);
        }
    }

    @Test
    void combinesSeveralWakeUpsIntoOneRound() throws InterruptedException {
        CountDownLatch busy = new CountDownLatch(1);
        try (WakeableLoop rounds = new WakeableLoop("test", this::round)) {
            rounds.run(() -> awaitLatch(busy));

            rounds.wake();
            rounds.wake();
            rounds.wake();
            busy.countDown();

            CountDownLatch after = new CountDownLatch(1);
            rounds.run(after::countDown);
            after.await();
            assertThat(count).hasValue(1);

            rounds.wake();
            await().until(() -> count.get() == 2);
        }
    }

    @Test
    void runsNothingAfterClose() {
        WakeableLoop rounds = new WakeableLoop("test", this::round);
        rounds.close();

        rounds.wake();

        assertThat(count).hasValue(0);
    }

    private Duration round() {
        count.incrementAndGet();
        return LONG;
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
