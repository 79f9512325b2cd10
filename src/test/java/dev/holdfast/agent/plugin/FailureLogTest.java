package dev.holdfast.agent.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class FailureLogTest {
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger log = (Logger) LoggerFactory.getLogger(FailureLogTest.class);
    private final FailureLog failures = new FailureLog(log, "driver", "gpu.example.com");

    @BeforeEach
    void collect() {
        lines.start();
        log.addAppender(lines);
    }

    @AfterEach
    void end() {
        log.detachAppender(lines);
    }

    @Test
    void logsAFailureOnceWhileItLasts() {
        fail("no socket");
        fail("no socket");

        assertThat(logged()).containsExactly("WARN [driver=\"gpu.example.com\"] no socket");
        assertThat(failures.failed()).isTrue();
    }

    @Test
    void logsAnotherFailureAndOneThatReturns() {
        fail("no socket");
        fail("no permission");
        failures.attempt(() -> {});
        assertThat(failures.failed()).isFalse();
        fail("no permission");

        assertThat(logged())
                .containsExactly(
                        "WARN [driver=\"gpu.example.com\"] no socket",
                        "WARN [driver=\"gpu.example.com\"] no permission",
                        "WARN [driver=\"gpu.example.com\"] no permission");
    }

    private void fail(String message) {
        failures.attempt(() -> {
            throw new IOException(message);
        });
    }

    private List<String> logged() {
        return lines.list.stream()
                .map(event -> event.getLevel() + " " + event.getKeyValuePairs() + " " + event.getFormattedMessage())
                .toList();
    }
}
