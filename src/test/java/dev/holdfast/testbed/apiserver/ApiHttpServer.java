package dev.holdfast.testbed.apiserver;

import io.fabric8.mockwebserver.http.Buffer;
import io.fabric8.mockwebserver.http.Headers;
import io.fabric8.mockwebserver.http.MockResponse;
import io.fabric8.mockwebserver.http.RecordedRequest;
import io.fabric8.mockwebserver.vertx.HttpServerRequestHandler;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;

/**
 * HTTP of fabric8's mock server, and in addition watches without WebSockets: that server answers every watch with an
 * upgrade, which a client that did not ask for one cannot take.
 */
final class ApiHttpServer implements AutoCloseable {
    private final Vertx vertx = Vertx.vertx();
    private final ApiDispatcher dispatcher;
    private final HttpWatches watches = new HttpWatches(vertx);
    private final HttpServer server;

    private ApiHttpServer(InetSocketAddress address, ApiDispatcher dispatcher) {
        this.dispatcher = dispatcher;
        HttpServerRequestHandler others = new HttpServerRequestHandler(vertx) {
            @Override
            protected MockResponse onHttpRequest(RecordedRequest request) {
                return dispatcher.dispatch(request);
            }
        };
        server = await(vertx.createHttpServer(new HttpServerOptions()
                        .setHost(address.getAddress().getHostAddress())
                        .setPort(address.getPort())
                        .setHandle100ContinueAutomatically(true))
                .requestHandler(request -> {
                    if (isPlainWatch(request)) {
                        watch(request, others);
                    } else {
                        others.handle(request);
                    }
                })
                .listen());
    }

    /** Serves at {@code address} until closed; port 0 lets the kernel choose. */
    static ApiHttpServer start(InetSocketAddress address, ApiDispatcher dispatcher) {
        return new ApiHttpServer(address, dispatcher);
    }

    int port() {
        return server.actualPort();
    }

    private static boolean isPlainWatch(HttpServerRequest request) {
        return "true".equals(request.getParam("watch")) && request.getHeader("Upgrade") == null;
    }

    private void watch(HttpServerRequest request, HttpServerRequestHandler others) {
        RecordedRequest recorded = new RecordedRequest(
                "HTTP/1.1",
                io.fabric8.mockwebserver.dsl.HttpMethod.GET,
                request.uri(),
                Headers.builder().addAll(request.headers()).build(),
                new Buffer(new byte[0]));
        MockResponse opened = dispatcher.dispatch(recorded);
        if (opened.getWebSocketListener() == null) {
            others.handle(request);
        } else {
            watches.serve(recorded, opened.getWebSocketListener(), request.response());
        }
    }

    @Override
    public void close() {
        dispatcher.shutdown();
        awaitEnd(server.close());
        awaitEnd(vertx.close());
    }

    private static <T> T await(Future<T> future) {
        CompletableFuture<T> done = new CompletableFuture<>();
        future.onComplete(done::complete, done::completeExceptionally);
        return done.join();
    }

    /** Not by a listener: it would be called on an event loop that the future itself may have ended. */
    private static void awaitEnd(Future<Void> end) {
        Awaitility.await("the API server has ended").until(end::isComplete);
    }
}
