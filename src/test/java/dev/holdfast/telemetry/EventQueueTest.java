package dev.holdfast.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Events that wait for an API server that answers slowly. */
@Timeout(30)
final class EventQueueTest {
    private final EventQueue queue = new EventQueue(Duration.ofSeconds(20));
    private final CountDownLatch answer = new CountDownLatch(1);
    private final List<Integer> written = new CopyOnWriteArrayList<>();

    @AfterEach
    void end() {
        answer.countDown();
        queue.close();
    }

    @Test
    void theCallerDoesNotWaitAndEveryEventIsWritten() {
        write(0, 1, 2, 3, 4, 5);

        assertThat(written).isEmpty();
        answer.countDown();
        queue.close();
        assertThat(written).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5);
    }

    @Test
    void theCallerWritesItselfWhenTheQueueIsFull() {
        write(IntStream.range(0, EventQueue.THREADS + EventQueue.CAPACITY).toArray());

        queue.execute(() -> written.add(-1));

        assertThat(written).containsExactly(-1);
    }

    @Test
    void theEndDoesNotWaitForever() {
        EventQueue impatient = new EventQueue(Duration.ofMillis(10));
        for (int i = 0; i < EventQueue.THREADS; i++) {
            impatient.execute(this::await);
        }
        impatient.execute(() -> written.add(1));

        impatient.close();

        assertThat(written).isEmpty();
    }

    private void write(int... events) {
        for (int event : events) {
            queue.execute(() -> {
                await();
                written.add(event);
            });
        }
    }

    private void await() {
        try {
            answer.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
