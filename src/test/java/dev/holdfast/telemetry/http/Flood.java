package dev.holdfast.telemetry.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Five thousand connections of unknown peers to a server with the heap of agent or operator, and requests of kubelet and
 * Prometheus meanwhile.
 *
 * @param manifest  file of deploy/ whose server it is
 * @param addresses number of addresses that the peers have
 * @param sent      what each of them sends
 */
public record Flood(String manifest, int addresses, String sent) {
    public static final String UNREAD_ANSWERS = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n";

    private static final int MANY = 5_000;

    /** Longer than any machine needs: a server that lets the peers have all its connections answers only after their end. */
    private static final Duration NEVER = Duration.ofMinutes(2);

    private static final List<String> PROBES = List.of("/healthz", "/readyz");

    /**
     * What the requests met.
     *
     * @param rounds        number of times that each path was requested
     * @param failures      requests without a complete answer
     * @param longestProbe  longest time until the answer of a probe
     * @param longestScrape longest time until all metrics were read
     */
    public record Seen(
            int rounds, List<String> failures, Duration longestProbe, Duration longestScrape, boolean serverAlive) {}

    /**
     * Opens the connections one after another, and repeats the requests until all are open.
     *
     * @param log output of the server
     */
    public Seen run(Path log) throws Exception {
        try (ServerProcess server = new ServerProcess(Path.of("deploy", manifest), log);
                ManyConnections strangers = new ManyConnections(server.port());
                ExecutorService others = Executors.newSingleThreadExecutor()) {
            Future<?> flood = others.submit(() -> strangers.open(MANY, addresses, sent));
            List<String> failures = new ArrayList<>();
            Duration probe = Duration.ZERO;
            Duration scrape = Duration.ZERO;
            int rounds = 0;
            do {
                rounds++;
                for (String path : PROBES) {
                    probe = longer(probe, answered(server.port(), path, failures));
                }
                scrape = longer(scrape, answered(server.port(), "/metrics", failures));
            } while (!flood.isDone());
            flood.get();
            return new Seen(rounds, failures, probe, scrape, server.alive());
        }
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? other : one;
    }

    private static Duration answered(int port, String path, List<String> failures) {
        long start = System.nanoTime();
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
            connection.setConnectTimeout((int) NEVER.toMillis());
            connection.setReadTimeout((int) NEVER.toMillis());
            try (var in = connection.getInputStream()) {
                if (!isComplete(path, new String(in.readAllBytes(), UTF_8))) {
                    failures.add(path + " was not complete");
                }
            }
        } catch (IOException e) {
            failures.add(path + ": " + e);
        }
        return Duration.ofNanos(System.nanoTime() - start);
    }

    private static boolean isComplete(String path, String body) {
        return PROBES.contains(path)
                ? body.equals("ok\n")
                : body.lines()
                                .filter(line -> line.startsWith("holdfast_vm_locked{"))
                                .count()
                        == ServerProcess.SERIES;
    }
}
