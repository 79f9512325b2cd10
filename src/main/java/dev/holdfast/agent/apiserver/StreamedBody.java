package dev.holdfast.agent.apiserver;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The body of an answer as it arrives. The JDK's own stream waits without end for a server that says nothing, and takes
 * as much as one sends; here each read has a deadline and all of them a bound. The connection delivers only what is
 * about to be read.
 *
 * <p>One thread reads; {@link #close} is for any.
 */
final class StreamedBody extends InputStream implements BodySubscriber<StreamedBody> {
    /** At most one part that was asked for, and the end. */
    private final BlockingQueue<Part> arrived = new LinkedBlockingQueue<>();

    private final Queue<ByteBuffer> current = new ArrayDeque<>();
    private @Nullable End end;
    private long deadlineNanos;
    private long allowedBytes;
    private Flow.@Nullable Subscription subscription;
    private boolean closed;

    private sealed interface Part {}

    private record Bytes(List<ByteBuffer> buffers) implements Part {}

    private record End(@Nullable Throwable failure) implements Part {}

    /**
     * Bounds what is read from now on.
     *
     * @param patience until all of it must have been read
     * @param bytes    how much it may be
     */
    void allow(Duration patience, long bytes) {
        deadlineNanos = System.nanoTime() + patience.toNanos();
        allowedBytes = bytes;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        ByteBuffer next = next();
        if (next == null) {
            return -1;
        }
        int count = Math.min(length, next.remaining());
        allowedBytes -= count;
        if (allowedBytes < 0) {
            throw new IOException("it is bigger than what is read of such an answer");
        }
        next.get(target, offset, count);
        return count;
    }

    /** Returns bytes that are left to read; null at the end. */
    private @Nullable ByteBuffer next() throws IOException {
        while (true) {
            ByteBuffer first = current.peek();
            if (first != null && first.hasRemaining()) {
                return first;
            }
            if (first != null) {
                current.remove();
                if (current.isEmpty()) {
                    request();
                }
                continue;
            }
            if (end == null) {
                take(await());
                continue;
            }
            if (end.failure() == null) {
                return null;
            }
            throw new IOException(ApiServer.words(end.failure()), end.failure());
        }
    }

    private void take(Part part) {
        switch (part) {
            case End last -> end = last;
            case Bytes bytes -> {
                current.addAll(bytes.buffers());
                if (current.isEmpty()) {
                    request();
                }
            }
        }
    }

    private Part await() throws IOException {
        try {
            Part part = arrived.poll(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (part == null) {
                throw new IOException("nothing more came in time");
            }
            return part;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException stopped = new InterruptedIOException("the agent stops");
            stopped.initCause(e);
            throw stopped;
        }
    }

    private synchronized void request() {
        if (subscription != null && !closed) {
            subscription.request(1);
        }
    }

    /** Ends the exchange; of a body that was read to its end, the connection stays. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            if (subscription != null) {
                subscription.cancel();
            }
            arrived.add(new End(new IOException("closed")));
        }
    }

    @Override
    public synchronized void onSubscribe(Flow.Subscription given) {
        if (closed || subscription != null) {
            given.cancel();
            return;
        }
        subscription = given;
        given.request(1);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        arrived.add(new Bytes(buffers));
    }

    @Override
    public void onError(Throwable failure) {
        arrived.add(new End(failure));
    }

    @Override
    public void onComplete() {
        arrived.add(new End(null));
    }

    /** The headers are enough to go on. */
    @Override
    public CompletionStage<StreamedBody> getBody() {
        return CompletableFuture.completedFuture(this);
    }
}
