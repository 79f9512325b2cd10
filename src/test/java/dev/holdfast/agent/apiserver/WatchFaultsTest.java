package dev.holdfast.agent.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.Slow;
import dev.holdfast.agent.apiserver.RawServer.Script;
import dev.holdfast.telemetry.AgentMeters;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Behaviour of a watch when the server fails, byte for byte. */
@SuppressWarnings("NullAway.Init") // each test connects as it needs
@Slow
class WatchFaultsTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final List<AutoCloseable> opened = new ArrayList<>();
    private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
    private final CountDownLatch never = new CountDownLatch(1);
    private final AtomicInteger watches = new AtomicInteger();
    private RawServer raw;
    private ApiClient server;

    @AfterEach
    void close() throws Exception {
        never.countDown();
        for (AutoCloseable one : opened.reversed()) {
            one.close();
        }
    }

    @Test
    void continuesFromTheLastVersionWhenTheServerEndsAWatch() throws Exception {
        Reflector<String> reflector = follow((watch, out) -> {
            RawServer.head(out);
            switch (watch) {
                case 1 -> {
                    RawServer.chunk(out, event("ADDED", "b", "11"));
                    // A bookmark has only a version.
                    RawServer.chunk(out, """
                            {"type":"BOOKMARK","object":{"kind":"Node","metadata":{"resourceVersion":"12"}}}
                            """);
                    RawServer.end(out);
                }
                default -> {
                    RawServer.chunk(out, event("DELETED", "a", "13"));
                    never.await();
                }
            }
        });

        awaitFound(reflector, "b");
        assertThat(raw.requests())
                .filteredOn(line -> !line.contains("watch=true"))
                .as("lists")
                .hasSize(1);
        assertThat(raw.requests().get(1))
                .contains("resourceVersion=10 ", "allowWatchBookmarks=true", "timeoutSeconds=");
        assertThat(raw.requests().get(2)).contains("resourceVersion=12 ");
        assertThat(fallbacks()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // too old a version
                "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":410}}\n",
                "{\"object\":{\"code\":500},\"type\":\"ERROR\"}\n",
                "{\"type\":\"ADDED\",\"object\":{]\n",
                "be patient\n",
                // the connection ends within a line
                "{\"type\":\"ADDED\",\"object\":{\"metadata\":{\"na"
            })
    void listsAgainAfterAnInvalidEvent(String line) throws Exception {
        Reflector<String> reflector = follow((watch, out) -> {
            RawServer.head(out);
            if (watch == 1) {
                RawServer.chunk(out, line);
                RawServer.end(out);
            } else {
                RawServer.chunk(out, event("ADDED", "late", "20"));
                never.await();
            }
        });

        awaitFound(reflector, "a", "late");
        assertThat(fallbacks()).isEqualTo(1);
    }

    @Test
    void countsEachRefusalOfAWatch() throws Exception {
        Reflector<String> reflector =
                follow((watch, out) -> out.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
                        .getBytes(java.nio.charset.StandardCharsets.UTF_8)));

        await().atMost(LIMIT).until(() -> fallbacks() >= 2);
        awaitFound(reflector, "a");
    }

    @Test
    void readsEventsAcrossChunks() throws Exception {
        String events = event("ADDED", "b", "11") + "\n\n" + event("ADDED", "ü", "12") + event("DELETED", "a", "13");
        Reflector<String> reflector = follow((watch, out) -> {
            RawServer.head(out);
            for (int i = 0; i < events.length(); i++) {
                RawServer.chunk(out, events.substring(i, i + 1));
            }
            never.await();
        });

        awaitFound(reflector, "b", "ü");
        assertThat(fallbacks()).isZero();
    }

    @Test
    void skipsUnusedFieldsOfAnySize() throws Exception {
        String annotation = "x".repeat(1 << 20);
        Reflector<String> reflector = follow((watch, out) -> {
            RawServer.head(out);
            RawServer.chunk(out, """
                    {"type":"ADDED","object":{"metadata":{"annotations":{"%s":"%s"},"name":"big"},"spec":[[{"a":{}}]]}}
                    """.formatted(annotation, annotation));
            never.await();
        });

        awaitFound(reflector, "a", "big");
    }

    @Test
    void boundsTheWaitForASilentServerAndTheSizeOfAnAnswer() throws Exception {
        connect((line, out) -> {
            RawServer.head(out);
            RawServer.chunk(out, "{\"type\":");
            if (line.contains("endless")) {
                while (never.getCount() > 0) {
                    RawServer.chunk(out, "\"" + "x".repeat(8192) + "\",");
                }
            }
            never.await();
        });

        try (StreamedBody silent = server.watch("/silent", false)) {
            silent.allow(Duration.ofMillis(50), 1000);
            assertThatThrownBy(silent::readAllBytes).hasMessage("no more data in time");
        }
        try (StreamedBody endless = server.watch("/endless", false)) {
            endless.allow(LIMIT, 100_000);
            assertThatThrownBy(endless::readAllBytes).hasMessageContaining("larger than");
        }
        // The server sees that the client has disconnected.
        await().atMost(LIMIT).until(() -> raw.open() <= 1);
    }

    @Test
    void endsAtOnceWhenClosed() throws Exception {
        Reflector<String> reflector = follow((watch, out) -> {
            RawServer.head(out);
            never.await();
        });
        awaitFound(reflector, "a");

        reflector.close();

        await().atMost(LIMIT)
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().equals("watch-nodes")));
    }

    /** Starts a reflector whose server lists one object, and leaves the watches to the test. */
    private Reflector<String> follow(WatchScript script) throws IOException {
        connect((line, out) -> {
            if (line.contains("watch=true")) {
                script.answer(watches.incrementAndGet(), out);
            } else {
                RawServer.complete(out, """
                        {"kind":"List","items":[{"metadata":{"name":"a","resourceVersion":"5"}}],
                         "metadata":{"resourceVersion":"10"}}""");
            }
        });
        Reflector<String> reflector = new Reflector<>(
                server,
                new Reflector.Collection<>("/api/v1/nodes", "nodes", false, Name::new),
                new AgentMeters(registry));
        opened.add(reflector);
        reflector.start(() -> {});
        return reflector;
    }

    private interface WatchScript {
        void answer(int watch, java.io.OutputStream out) throws IOException, InterruptedException;
    }

    private record Name() implements Reflector.Projection<String> {
        @Override
        public void field(String field, JsonParser json) {
            assertThat(field).isIn("kind", "spec");
        }

        @Override
        public String result(String name) {
            return name;
        }
    }

    private void connect(Script script) throws IOException {
        raw = new RawServer(script);
        opened.add(raw);
        server = new ApiClient(InClusterConfig.at(raw.address()));
        opened.add(server);
    }

    private static String event(String type, String name, String version) {
        return "{\"type\":\"%s\",\"object\":{\"metadata\":{\"name\":\"%s\",\"resourceVersion\":\"%s\"}}}\n"
                .formatted(type, name, version);
    }

    private void awaitFound(Reflector<String> reflector, String... names) {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(reflector.found()).hasValue(List.of(names)));
    }

    private double fallbacks() {
        return registry.get("holdfast.watch.fallbacks")
                .tag("kind", "nodes")
                .counter()
                .count();
    }
}
