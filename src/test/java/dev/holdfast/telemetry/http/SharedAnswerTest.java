package dev.holdfast.telemetry.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SharedAnswerTest {
    private final AtomicInteger started = new AtomicInteger();
    private final Semaphore mayEnd = new Semaphore(0);
    private final List<String> received = new CopyOnWriteArrayList<>();
    private final SharedAnswer shared = new SharedAnswer("test", this::make, Duration.ZERO);

    private Answer make() {
        int number = started.incrementAndGet();
        mayEnd.acquireUninterruptibly();
        return Answer.plain(200, "answer " + number);
    }

    @AfterEach
    void stop() {
        shared.close();
    }

    @Test
    void requestsDuringAComputationShareTheNextAnswer() {
        ask("first");
        await().until(() -> started.get() == 1);
        ask("second");
        ask("third");

        mayEnd.release();
        await().until(() -> started.get() == 2);
        assertThat(received).containsExactly("first: answer 1");
        mayEnd.release();

        await().until(() -> received.size() == 3);
        assertThat(received).containsExactlyInAnyOrder("first: answer 1", "second: answer 2", "third: answer 2");
        assertThat(started).hasValue(2);
    }

    @Test
    void computesNoAnswerForACancelledRequest() {
        ask("first");
        await().until(() -> started.get() == 1);
        ask("second").run();
        mayEnd.release();
        await().until(() -> received.size() == 1);

        ask("third");
        mayEnd.release();

        await().until(() -> received.size() == 2);
        assertThat(received).containsExactly("first: answer 1", "third: answer 2");
    }

    @Test
    void givesNoAnswerToARequestThatWasCancelledMeanwhile() {
        Runnable cancel = ask("first");
        await().until(() -> started.get() == 1);
        cancel.run();
        ask("second");
        mayEnd.release(2);

        await().until(() -> !received.isEmpty());
        assertThat(received).containsExactly("second: answer 2");
    }

    private Runnable ask(String name) {
        return shared.request(answer -> received.add(name + ": " + new String(answer.body(), UTF_8).strip()));
    }
}
