package dev.holdfast.agent.slice;

import com.sun.net.httpserver.HttpServer;
import dev.holdfast.agent.apiserver.ApiClient;
import dev.holdfast.agent.apiserver.InClusterConfig;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.testbed.fixtures.SettableClock;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Answers each request of a {@link SlicePublisher} as a test says, and remembers its method. */
final class PlayedApiServer implements AutoCloseable {
    private static final String NONE = "{\"metadata\": {\"resourceVersion\": \"2\"}, \"items\": []}";

    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final HttpServer server;
    private final ApiClient client;
    private volatile String list = NONE;
    private volatile int statusOfReads = 200;
    private volatile int statusOfWrites = 200;

    PlayedApiServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            requests.add(exchange.getRequestMethod());
            boolean reads = exchange.getRequestMethod().equals("GET");
            byte[] body = (reads ? list : "{}").getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(reads ? statusOfReads : statusOfWrites, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        client = new ApiClient(InClusterConfig.at(
                URI.create("http://127.0.0.1:" + server.getAddress().getPort())));
    }

    /** Returns the publisher of node n1. */
    SlicePublisher publisher(SettableClock clock) {
        return new SlicePublisher(client, "n1", () -> {}, new AgentMeters(new SimpleMeterRegistry()), clock);
    }

    void has(String list) {
        this.list = list;
    }

    void hasNoSlices() {
        has(NONE);
    }

    void answersReads(int status) {
        statusOfReads = status;
    }

    void answersWrites(int status) {
        statusOfWrites = status;
    }

    /** Returns the methods of the requests so far. */
    List<String> requests() {
        return requests;
    }

    @Override
    public void close() {
        client.close();
        server.stop(0);
    }
}
