package dev.holdfast.agent.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class RoundsTest {
    private final AtomicInteger count = new AtomicInteger();

    @Test
    void goesOnAfterARoundThatFails() {
        try (Rounds rounds = new Rounds("test", () -> {
            count.incrementAndGet();
            throw new IllegalStateException("a fault");
        })) {
            rounds.start(Duration.ofMillis(50));

            await().until(() -> count.get() > 1);
        }
    }

    @Test
    void answersSeveralKnocksWithOneRound() throws InterruptedException {
        CountDownLatch busy = new CountDownLatch(1);
        try (Rounds rounds = new Rounds("test", count::incrementAndGet)) {
            rounds.run(() -> awaitLatch(busy));

            rounds.knock();
            rounds.knock();
            rounds.knock();
            busy.countDown();

            CountDownLatch after = new CountDownLatch(1);
            rounds.run(after::countDown);
            after.await();
            assertThat(count).hasValue(1);

            rounds.knock();
            await().until(() -> count.get() == 2);
        }
    }

    @Test
    void doesNothingMoreWhenClosed() {
        Rounds rounds = new Rounds("test", count::incrementAndGet);
        rounds.close();

        rounds.knock();

        assertThat(count).hasValue(0);
    }

    private static void awaitLatch(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
