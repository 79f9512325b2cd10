package dev.holdfast.telemetry;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * What kubelet and Prometheus ask, on all addresses: {@code /healthz} (the process lives), {@code /readyz} (200, or 503
 * with a sentence that says what is missing) and {@code /metrics}.
 */
public final class HealthServer implements AutoCloseable {
    private static final String PLAIN = "text/plain; charset=utf-8";
    /** Of the text format, so that Prometheus 3, which no longer guesses, accepts the answer. */
    private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

    private final HttpServer server;
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();

    /**
     * Listens and answers from now on.
     *
     * @param port     0 to 65535; 0 takes a free one, see {@link #port()}
     * @param notReady what is still missing, one sentence; empty when ready; asked on any thread
     * @param scrape   all metrics in Prometheus' text format, usually {@code PrometheusMeterRegistry::scrape}
     * @throws IOException when the port cannot be bound
     */
    public HealthServer(int port, Supplier<Optional<String>> notReady, Supplier<String> scrape) throws IOException {
        server = bind(port);
        server.setExecutor(executor);
        server.createContext("/healthz", exchange -> answer(exchange, 200, PLAIN, "ok\n"));
        server.createContext("/readyz", exchange -> {
            Optional<String> missing = notReady.get();
            answer(exchange, missing.isEmpty() ? 200 : 503, PLAIN, missing.orElse("ok") + "\n");
        });
        server.createContext("/metrics", exchange -> answer(exchange, 200, METRICS, scrape.get()));
        server.start();
    }

    /** The port that is listened on. */
    public int port() {
        return server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdown();
    }

    private static HttpServer bind(int port) throws IOException {
        try {
            return HttpServer.create(new InetSocketAddress(port), 0);
        } catch (IOException e) {
            throw new IOException(
                    "cannot listen on port %d for health and metrics (%s); choose another with --http-port"
                            .formatted(port, e.getMessage()),
                    e);
        }
    }

    private static void answer(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(UTF_8);
        try (exchange) {
            exchange.getResponseHeaders().set("Content-Type", type);
            if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.sendResponseHeaders(status, -1);
                return;
            }
            exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
        }
    }
}
