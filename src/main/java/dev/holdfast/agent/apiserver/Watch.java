package dev.holdfast.agent.apiserver;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection on which the server tells of changes. By WebSocket, since its pings tell a silent server from one that
 * is gone; a plain watch would wait on a connection that nobody serves any more.
 */
final class Watch implements AutoCloseable {
    private static final Duration PING = Duration.ofSeconds(20);

    private final Consumer<JsonNode> events;
    private final CompletableFuture<String> end = new CompletableFuture<>();
    private volatile boolean answered = true;
    private @Nullable WebSocket socket;

    private Watch(Consumer<JsonNode> events) {
        this.events = events;
    }

    /**
     * Connects.
     *
     * @param path   with the query of a watch
     * @param events takes each event, one at a time, and none after {@link #close}
     */
    static Watch open(ApiServer server, String path, Consumer<JsonNode> events)
            throws ApiServerException, InterruptedException {
        Watch watch = new Watch(events);
        watch.socket = server.watch(path, watch.new Listener());
        return watch;
    }

    /** Waits until there is nothing more to hear, and says why. */
    String awaitEnd() throws InterruptedException {
        WebSocket open = socket;
        while (open != null) {
            try {
                return end.get(PING.toMillis(), TimeUnit.MILLISECONDS);
            } catch (TimeoutException e) {
                if (!answered) {
                    return "no answer to a ping";
                }
                answered = false;
                open.sendPing(ByteBuffer.allocate(0));
            } catch (ExecutionException e) {
                return ApiServer.words(e.getCause());
            }
        }
        return "not connected";
    }

    @Override
    public void close() {
        synchronized (end) {
            end.complete("closed");
        }
        if (socket != null) {
            socket.abort();
        }
    }

    private final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();

        @Override
        public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                take(text.toString());
                text.setLength(0);
            }
            from.request(1);
            return null;
        }

        /** An ERROR says that the version is too old to go on from: then all is listed anew. */
        private void take(String message) {
            try {
                JsonNode event = ApiJson.read(ObjectNode.class, message.getBytes(StandardCharsets.UTF_8));
                if (event.path("type").asText().equals("ERROR")) {
                    end.complete(event.path("object").path("message").asText("the server told of an error"));
                    return;
                }
                synchronized (end) {
                    if (!end.isDone()) {
                        events.accept(event);
                    }
                }
            } catch (ApiServerException e) {
                end.complete(ApiServer.words(e));
            }
        }

        @Override
        public @Nullable CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
            answered = true;
            from.request(1);
            return null;
        }

        @Override
        public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            end.complete("the server has ended it");
            return null;
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            end.complete(ApiServer.words(error));
        }
    }
}
