package dev.holdfast.user.console;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.ServerWebSocket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * API server with one VM and its running pod, whose terminal echoes its input after {@code guest:}. The line {@code off} ends the
 * machine.
 */
final class AttachServer implements AutoCloseable {
    /** In place of a phase: the pod is running, and its terminal is forbidden. */
    static final String REFUSING = "running";

    private static final byte OUTPUT = 1;

    private final Vertx vertx = Vertx.vertx();
    private final Queue<String> attached = new ConcurrentLinkedQueue<>();
    private final Queue<String> received = new ConcurrentLinkedQueue<>();
    private final HttpServer server;
    private final String podPhase;

    private AttachServer(String podPhase) {
        this.podPhase = podPhase;
        server = vertx.createHttpServer(new HttpServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(0)
                        .setWebSocketSubProtocols(List.of("v4.channel.k8s.io")))
                .requestHandler(this::answer)
                .webSocketHandler(this::attach)
                .listen()
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    /** With a pod in this phase. */
    static AttachServer start(String podPhase) {
        return new AttachServer(podPhase);
    }

    String url() {
        return "http://127.0.0.1:" + server.actualPort();
    }

    /** URIs of the connections to the terminal. */
    List<String> attached() {
        return List.copyOf(attached);
    }

    /** All keys that the guest got. */
    String received() {
        return String.join("", received);
    }

    private void answer(HttpServerRequest request) {
        String metadata = "\"metadata\": {\"name\": \"vm\", \"namespace\": \"lab\", \"uid\": \"1\"}";
        String body = request.path().endsWith("/passthroughvms/vm")
                ? "{%s, \"status\": {\"phase\": \"Running\", \"podName\": \"vm\"}}".formatted(metadata)
                : "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", %s, \"spec\": {\"containers\": [{\"name\": \"qemu\"}]}, \"status\": {\"phase\": \"%s\"}}"
                        .formatted(metadata, podPhase.equals(REFUSING) ? "Running" : podPhase);
        request.response().putHeader("Content-Type", "application/json").end(body);
    }

    private void attach(ServerWebSocket terminal) {
        if (podPhase.equals(REFUSING)) {
            terminal.reject(403);
            return;
        }
        attached.add(terminal.uri());
        terminal.binaryMessageHandler(message -> {
            String keys = message.getString(1, message.length(), StandardCharsets.UTF_8.name());
            received.add(keys);
            terminal.writeBinaryMessage(Buffer.buffer().appendByte(OUTPUT).appendString("guest:" + keys));
            if (keys.contains("off")) {
                terminal.close();
            }
        });
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
