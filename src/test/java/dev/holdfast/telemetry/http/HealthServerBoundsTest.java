package dev.holdfast.telemetry.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Bounds on requests and times of unknown peers. */
final class HealthServerBoundsTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(100);
    /** Longer than what the buffers of the kernel hold on both sides. */
    private static final String LONG_PAGE = "holdfast_vms 3\n".repeat(1_000_000);

    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private @Nullable HealthServer started;

    @AfterEach
    void stop() {
        server().close();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    GET /metrics HTTP/1.1\\r\\n\\r\\n                             | 200 | text/plain; version=0.0.4; charset=utf-8
                    GET /metrics HTTP/1.0\\r\\n\\r\\n                             | 200 | page
                    GET /metrics?name=a HTTP/1.1\\r\\nHost: a\\r\\n\\r\\n         | 200 | page
                    GET /healthz HTTP/1.1\\r\\nContent-Length: 0\\r\\n\\r\\n      | 200 | ok
                    GET /metrics/a HTTP/1.1\\r\\n\\r\\n                           | 404 | supported are /healthz, /readyz and /metrics
                    GET / HTTP/1.1\\r\\n\\r\\n                                    | 404 | supported are /healthz, /readyz and /metrics
                    POST /metrics HTTP/1.1\\r\\n\\r\\n                            | 405 | allow: GET, HEAD
                    GET /metrics HTTP/1.1\\r\\nContent-Length: 1\\r\\n\\r\\n      | 413 | has a body
                    GET /metrics HTTP/1.1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n | 413 | has a body
                    GET /metrics HTTP/1.1\\r\\nContent-Length: x\\r\\n\\r\\n      | 400 | not an HTTP/1.1 request
                    \\0\\1\\2\\r\\n\\r\\n                                         | 400 | not an HTTP/1.1 request
                    """)
    void answersSupportedRequestsAndRefusesOthers(String request, int status, String part) throws IOException {
        start(HttpBounds.STANDARD, "page\n");

        String answer = ask(request.translateEscapes());

        assertThat(answer).startsWith("HTTP/1.1 " + status + " ").contains(part, "connection: close");
    }

    @Test
    void sendsNoBodyForAHeadRequest() throws IOException {
        start(HttpBounds.STANDARD, "page\n");

        assertThat(ask("HEAD /metrics HTTP/1.1\r\n\r\n"))
                .contains("content-length: 5\r\n")
                .endsWith("\r\n\r\n");
    }

    @Test
    void refusesALongRequestLine() throws IOException {
        start(HttpBounds.STANDARD, "");

        assertThat(ask("GET /" + "a".repeat(HttpBounds.LINE_BYTES) + " HTTP/1.1\r\n\r\n"))
                .startsWith("HTTP/1.1 414 ");
    }

    @Test
    void refusesLongHeaders() throws IOException {
        start(HttpBounds.STANDARD, "");

        assertThat(ask("GET /metrics HTTP/1.1\r\nA: " + "a".repeat(HttpBounds.HEADER_BYTES) + "\r\n\r\n"))
                .startsWith("HTTP/1.1 431 ");
    }

    @Test
    void refusesManyHeaders() throws IOException {
        start(HttpBounds.STANDARD, "");

        assertThat(ask("GET /metrics HTTP/1.1\r\n" + "a:\r\n".repeat(HttpBounds.HEADERS) + "\r\n"))
                .startsWith("HTTP/1.1 200 ");
        assertThat(ask("GET /metrics HTTP/1.1\r\n" + "a:\r\n".repeat(HttpBounds.HEADERS + 1) + "\r\n"))
                .startsWith("HTTP/1.1 431 ");
    }

    @Test
    void answersOnlyTheFirstRequestOfAConnection() throws IOException {
        start(HttpBounds.STANDARD, "page\n");

        assertThat(ask("GET /healthz HTTP/1.1\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n"))
                .contains("ok")
                .doesNotContain("page");
    }

    @Test
    void abortsAConnectionWithAnIncompleteRequest() throws IOException {
        start(new HttpBounds(1, 1, SHORT, LONG), "");

        try (RawClient slow = new RawClient(server().port()).send(ManyConnections.HALF_A_REQUEST)) {
            assertThat(slow.ended()).isTrue();
        }
        assertThat(aborted("Late")).isEqualTo(1);
    }

    @Test
    void abortsAConnectionWhoseAnswerIsNotRead() throws IOException {
        start(new HttpBounds(1, 1, LONG, SHORT), LONG_PAGE);

        try (RawClient slow = new RawClient(server().port()).send("GET /metrics HTTP/1.1\r\n\r\n")) {
            await().until(() -> aborted("Late") == 1);
        }
    }

    /**
     * The kernel holds the answer until the peer has closed the connection; until then the connection counts as open.
     */
    @Test
    void abortsAConnectionThatItsPeerKeepsOpenAfterTheAnswer() throws IOException {
        start(new HttpBounds(1, 1, LONG, SHORT), "");

        try (RawClient kept = new RawClient(server().port()).send("GET /healthz HTTP/1.1\r\n\r\n")) {
            assertThat(kept.answer()).startsWith("HTTP/1.1 200 ");
            await().until(() -> aborted("Late") == 1);
        }
    }

    @Test
    void abortsTheOldestConnectionOfAnAddressForANewOne() throws IOException {
        start(new HttpBounds(2, 8, LONG, LONG), "");

        try (RawClient first = new RawClient(server().port()).send(ManyConnections.HALF_A_REQUEST);
                RawClient second = new RawClient(server().port()).send(ManyConnections.HALF_A_REQUEST);
                RawClient third = new RawClient(server().port()).send("GET /healthz HTTP/1.1\r\n\r\n")) {
            assertThat(third.answer()).startsWith("HTTP/1.1 200 ");
            assertThat(first.ended()).isTrue();
            assertThat(aborted("Crowded")).isEqualTo(1);
            assertThat(second.send("\r\n\r\n").answer()).startsWith("HTTP/1.1 200 ");
        }
    }

    @Test
    void answersProbesWhileAScrapeHangs() throws Exception {
        CountDownLatch hung = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        started = new HealthServer(
                0,
                Optional::empty,
                () -> {
                    asked.countDown();
                    awaitUninterruptibly(hung);
                    return "page\n";
                },
                registry);

        try (RawClient scrape = new RawClient(server().port()).send("GET /metrics HTTP/1.1\r\n\r\n")) {
            asked.await();
            assertThat(ask("GET /healthz HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 200 ");
            assertThat(ask("GET /readyz HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 200 ");
            hung.countDown();
            assertThat(scrape.answer()).endsWith("page\n");
        }
    }

    @Test
    void answers500WhenAScrapeFails() throws Exception {
        started = new HealthServer(
                0,
                Optional::empty,
                () -> {
                    throw new IllegalStateException("on purpose");
                },
                registry);

        assertThat(ask("GET /metrics HTTP/1.1\r\n\r\n"))
                .startsWith("HTTP/1.1 500 ")
                .doesNotContain("on purpose");
    }

    private HealthServer server() {
        return Objects.requireNonNull(started);
    }

    private void start(HttpBounds bounds, String page) throws IOException {
        started = new HealthServer(0, Optional::empty, () -> page, registry, bounds);
    }

    private String ask(String request) throws IOException {
        try (RawClient client = new RawClient(server().port()).send(request)) {
            return client.answer();
        }
    }

    private double aborted(String reason) {
        return registry.get("holdfast.http.connections.aborted")
                .tag("reason", reason)
                .counter()
                .count();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
