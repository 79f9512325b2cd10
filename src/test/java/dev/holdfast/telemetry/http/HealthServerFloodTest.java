package dev.holdfast.telemetry.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.Slow;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Five thousand connections of unknown peers to a server with the heap of agent and operator: probes and scrapes are
 * answered meanwhile.
 */
@Slow
final class HealthServerFloodTest {
    private static final int MANY = 5_000;
    /** Timeout of the probes in deploy/; that of Prometheus follows. */
    private static final int PROBE_MILLIS = 5_000;

    private static final int SCRAPE_MILLIS = 10_000;

    @TempDir
    Path temp;

    @ParameterizedTest
    @CsvSource({
        "agent-daemonset.yaml,     1",
        "agent-daemonset.yaml,     100",
        "operator-deployment.yaml, 1",
    })
    void answersDuringAFloodOfHalfOpenConnections(String manifest, int addresses) throws Exception {
        flood(manifest, addresses, ManyConnections.HALF_A_REQUEST);
    }

    @ParameterizedTest
    @CsvSource({
        "agent-daemonset.yaml,     1",
        "agent-daemonset.yaml,     100",
        "operator-deployment.yaml, 1",
    })
    void answersDuringAFloodOfRequestsWhoseAnswersAreNotRead(String manifest, int addresses) throws Exception {
        flood(manifest, addresses, "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n");
    }

    private void flood(String manifest, int addresses, String sent) throws Exception {
        try (ServerProcess server = new ServerProcess(Path.of("deploy", manifest), temp.resolve("log"));
                ManyConnections strangers = new ManyConnections(server.port());
                ExecutorService others = Executors.newSingleThreadExecutor()) {
            Future<?> flood = others.submit(() -> strangers.open(MANY, addresses, sent));
            List<String> failures = new ArrayList<>();
            int rounds = 0;
            do {
                rounds++;
                for (String path : List.of("/healthz", "/readyz", "/metrics")) {
                    failure(server.port(), path).ifPresent(failures::add);
                }
            } while (!flood.isDone());
            flood.get();

            assertThat(failures).as("of %d rounds", rounds).isEmpty();
            assertThat(server.alive()).isTrue();
        }
    }

    private static Optional<String> failure(int port, String path) {
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
            int patience = path.equals("/metrics") ? SCRAPE_MILLIS : PROBE_MILLIS;
            connection.setConnectTimeout(patience);
            connection.setReadTimeout(patience);
            try (var in = connection.getInputStream()) {
                String body = new String(in.readAllBytes(), UTF_8);
                boolean complete = path.equals("/metrics")
                        ? body.lines()
                                        .filter(line -> line.startsWith("holdfast_vm_locked{"))
                                        .count()
                                == ServerProcess.SERIES
                        : body.equals("ok\n");
                return complete ? Optional.empty() : Optional.of(path + " was not complete");
            }
        } catch (IOException e) {
            return Optional.of(path + ": " + e);
        }
    }
}
