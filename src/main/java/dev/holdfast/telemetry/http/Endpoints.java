package dev.holdfast.telemetry.http;

import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The three paths that are served, and who makes their answers. Thread-safe. */
final class Endpoints implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Endpoints.class);
    private static final Answer OK = Answer.plain(200, "ok");
    private static final Runnable NOTHING_TO_WITHDRAW = () -> {};

    /** Bounds the processor time of scrapes, and how many different pages slow readers can keep in the heap. */
    static final Duration SCRAPE_INTERVAL = Duration.ofMillis(500);

    private final SharedAnswer readiness;
    private final SharedAnswer metrics;

    /**
     * Creates the endpoints.
     *
     * @param notReady what is missing; empty when ready
     * @param scrape   all metrics in Prometheus' text format
     */
    Endpoints(Supplier<Optional<String>> notReady, Supplier<String> scrape) {
        readiness = new SharedAnswer("readyz", guarded("/readyz", () -> readiness(notReady.get())), Duration.ZERO);
        metrics = new SharedAnswer("metrics", guarded("/metrics", () -> Answer.metrics(scrape.get())), SCRAPE_INTERVAL);
    }

    /**
     * Gets a path.
     *
     * @param path  without a query
     * @param asker given the answer once, at once or later on another thread
     * @return withdraws the question
     */
    Runnable get(String path, Consumer<Answer> asker) {
        return switch (path) {
            case "/readyz" -> readiness.ask(asker);
            case "/metrics" -> metrics.ask(asker);
            case "/healthz" -> now(OK, asker);
            default -> now(Answer.plain(404, "unknown path; there are /healthz, /readyz and /metrics"), asker);
        };
    }

    @Override
    public void close() {
        readiness.close();
        metrics.close();
    }

    private static Runnable now(Answer answer, Consumer<Answer> asker) {
        asker.accept(answer);
        return NOTHING_TO_WITHDRAW;
    }

    private static Answer readiness(Optional<String> missing) {
        return missing.map(message -> Answer.plain(503, message)).orElse(OK);
    }

    private static Supplier<Answer> guarded(String path, Supplier<Answer> source) {
        return () -> {
            try {
                return source.get();
            } catch (RuntimeException e) {
                log.atWarn().addKeyValue("path", path).setCause(e).log("no answer could be made");
                return Answer.plain(500, "no answer could be made; see the log");
            }
        };
    }
}
