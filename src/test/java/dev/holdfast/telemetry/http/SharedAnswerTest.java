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
    private final AtomicInteger begun = new AtomicInteger();
    private final Semaphore mayEnd = new Semaphore(0);
    private final List<String> given = new CopyOnWriteArrayList<>();
    private final SharedAnswer shared = new SharedAnswer("test", this::make, Duration.ZERO);

    private Answer make() {
        int number = begun.incrementAndGet();
        mayEnd.acquireUninterruptibly();
        return Answer.plain(200, "answer " + number);
    }

    @AfterEach
    void stop() {
        shared.close();
    }

    @Test
    void whoAsksWhileOneIsMadeSharesTheNext() {
        ask("first");
        await().until(() -> begun.get() == 1);
        ask("second");
        ask("third");

        mayEnd.release();
        await().until(() -> begun.get() == 2);
        assertThat(given).containsExactly("first: answer 1");
        mayEnd.release();

        await().until(() -> given.size() == 3);
        assertThat(given).containsExactlyInAnyOrder("first: answer 1", "second: answer 2", "third: answer 2");
        assertThat(begun).hasValue(2);
    }

    @Test
    void makesNoneForAQuestionThatWasWithdrawn() {
        ask("first");
        await().until(() -> begun.get() == 1);
        ask("second").run();
        mayEnd.release();
        await().until(() -> given.size() == 1);

        ask("third");
        mayEnd.release();

        await().until(() -> given.size() == 2);
        assertThat(given).containsExactly("first: answer 1", "third: answer 2");
    }

    @Test
    void givesNothingToWhoWithdrewWhileItWasMade() {
        Runnable withdraw = ask("first");
        await().until(() -> begun.get() == 1);
        withdraw.run();
        ask("second");
        mayEnd.release(2);

        await().until(() -> !given.isEmpty());
        assertThat(given).containsExactly("second: answer 2");
    }

    private Runnable ask(String who) {
        return shared.ask(answer -> given.add(who + ": " + new String(answer.body(), UTF_8).strip()));
    }
}
