package dev.holdfast.telemetry.http;

import dev.holdfast.text.LogKeys;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The three paths of the server and the sources of their answers. Thread-safe. */
final class Endpoints implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Endpoints.class);
    private static final Answer OK = Answer.plain(200, "ok");
    private static final Runnable NOTHING_TO_CANCEL = () -> {};

    /**
     * Bounds the processor time of scrapes, and the number of different pages that slow readers can keep in the heap.
     */
    static final Duration SCRAPE_INTERVAL = Duration.ofMillis(500);

    private final SharedAnswer readiness;
    private final SharedAnswer metrics;

    /**
     * Creates the endpoints.
     *
     * @param notReady message about what is missing; empty when ready
     * @param scrape   returns all metrics in Prometheus' text format
     */
    Endpoints(Supplier<Optional<String>> notReady, Supplier<String> scrape) {
        readiness = new SharedAnswer("readyz", guarded("/readyz", () -> readiness(notReady.get())), Duration.ZERO);
        metrics = new SharedAnswer("metrics", guarded("/metrics", () -> Answer.metrics(scrape.get())), SCRAPE_INTERVAL);
    }

    /**
     * Requests the answer of a path.
     *
     * @param path  without a query
     * @param receiver receives the answer once, at once or later on another thread
     * @return cancels the request
     */
    Runnable get(String path, Consumer<Answer> receiver) {
        return switch (path) {
            case "/readyz" -> readiness.request(receiver);
            case "/metrics" -> metrics.request(receiver);
            case "/healthz" -> now(OK, receiver);
            default -> now(Answer.plain(404, "unknown path; supported are /healthz, /readyz and /metrics"), receiver);
        };
    }

    @Override
    public void close() {
        readiness.close();
        metrics.close();
    }

    private static Runnable now(Answer answer, Consumer<Answer> receiver) {
        receiver.accept(answer);
        return NOTHING_TO_CANCEL;
    }

    private static Answer readiness(Optional<String> missing) {
        return missing.map(message -> Answer.plain(503, message)).orElse(OK);
    }

    private static Supplier<Answer> guarded(String path, Supplier<Answer> source) {
        return () -> {
            try {
                return source.get();
            } catch (RuntimeException e) {
                log.atWarn().addKeyValue(LogKeys.PATH, path).setCause(e).log("cannot answer a request");
                return Answer.plain(500, "internal error; see the log");
            }
        };
    }
}
