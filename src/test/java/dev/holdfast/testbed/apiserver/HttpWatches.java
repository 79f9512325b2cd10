package dev.holdfast.testbed.apiserver;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.concurrent.TimeUnit;

/**
 * Plain watches, which fabric8's server lacks: the events that it would send over a WebSocket, one JSON object a line.
 * Because it does not store changes, an expired watch ends with 410, as of a server with a compacted history, so that its
 * client lists again.
 */
final class HttpWatches {
    private static final String FORGOTTEN = """
            {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410}}
            """;

    private final Vertx vertx;
    private final ObjectMapper json = new ObjectMapper();

    HttpWatches(Vertx vertx) {
        this.vertx = vertx;
    }

    /** Answers with a stream of what the listener hears. */
    void serve(RecordedRequest request, WebSocketListener listener, HttpServerResponse response) {
        response.setChunked(true).putHeader("Content-Type", "application/json");
        Stream stream = new Stream(request, response);
        response.closeHandler(closed -> listener.onClosed(stream, 1000, ""));
        response.exceptionHandler(failure -> listener.onClosed(stream, 1000, ""));
        // A client waits for the headers, not for the first event.
        response.writeHead();
        listener.onOpen(stream, new MockResponse());
        ApiPath.parse(request.getPath())
                .map(path -> path.query().get("timeoutSeconds"))
                .ifPresent(seconds -> vertx.setTimer(
                        TimeUnit.SECONDS.toMillis(Long.parseLong(seconds)), timer -> stream.forget(listener)));
    }

    private final class Stream implements WebSocket {
        private final RecordedRequest request;
        private final HttpServerResponse response;

        Stream(RecordedRequest request, HttpServerResponse response) {
            this.request = request;
            this.response = response;
        }

        @Override
        public RecordedRequest request() {
            return request;
        }

        @Override
        public boolean send(String event) {
            try {
                return write(json.readTree(event) + "\n");
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("an event is not JSON", e);
            }
        }

        @Override
        public boolean send(byte[] event) {
            throw new UnsupportedOperationException("events are text");
        }

        private boolean write(String line) {
            if (response.ended() || response.closed()) {
                return false;
            }
            response.write(Buffer.buffer(line));
            return true;
        }

        void forget(WebSocketListener listener) {
            if (write(FORGOTTEN)) {
                close(1000, "");
                listener.onClosed(this, 1000, "");
            }
        }

        @Override
        public boolean close(int code, String reason) {
            if (response.ended() || response.closed()) {
                return false;
            }
            response.end();
            return true;
        }
    }
}
