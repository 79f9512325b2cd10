package dev.holdfast.testbed.apiserver;

import io.fabric8.mockwebserver.http.Response;
import io.fabric8.mockwebserver.http.WebSocket;
import io.fabric8.mockwebserver.http.WebSocketListener;
import java.util.concurrent.locks.Lock;

/** A watch that reads the store, as it does when it opens, only while no write is in progress. */
final class LockedWatch extends WebSocketListener {
    private final WebSocketListener watch;
    private final Lock lock;

    LockedWatch(WebSocketListener watch, Lock lock) {
        this.watch = watch;
        this.lock = lock;
    }

    @Override
    public void onOpen(WebSocket webSocket, Response response) {
        lock.lock();
        try {
            watch.onOpen(webSocket, response);
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onClosing(WebSocket webSocket, int code, String reason) {
        watch.onClosing(webSocket, code, reason);
    }

    @Override
    public void onClosed(WebSocket webSocket, int code, String reason) {
        watch.onClosed(webSocket, code, reason);
    }

    @Override
    public void onFailure(WebSocket webSocket, Throwable failure, Response response) {
        watch.onFailure(webSocket, failure, response);
    }
}
