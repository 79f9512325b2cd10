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
 * Body of an answer as it arrives. The stream of the JDK waits without end for a silent server, and reads without
 * bound; here each read has a deadline and their sum a bound. The connection delivers only the part that is about to be
 * read.
 *
 * <p>Not thread-safe, except for {@link #close}.
 */
final class StreamedBody extends InputStream implements BodySubscriber<StreamedBody> {
    /** At most one part that was requested, and the end. */
    private final BlockingQueue<Part> received = new LinkedBlockingQueue<>();

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
     * Bounds the reads from now on.
     *
     * @param patience maximum time for all of them
     * @param bytes    maximum number of bytes
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
            throw new IOException("the answer is larger than the maximum that is read");
        }
        next.get(target, offset, count);
        return count;
    }

    /** Returns the next bytes to read; null at the end. */
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
            throw new IOException(ApiClient.message(end.failure()), end.failure());
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
            Part part = received.poll(deadlineNanos - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (part == null) {
                throw new IOException("no more data in time");
            }
            return part;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            InterruptedIOException stopped = new InterruptedIOException("the agent is stopping");
            stopped.initCause(e);
            throw stopped;
        }
    }

    private synchronized void request() {
        if (subscription != null && !closed) {
            subscription.request(1);
        }
    }

    /** Ends the exchange. The connection is kept when the body was read to its end. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            if (subscription != null) {
                subscription.cancel();
            }
            received.add(new End(new IOException("closed")));
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
        received.add(new Bytes(buffers));
    }

    @Override
    public void onError(Throwable failure) {
        received.add(new End(failure));
    }

    @Override
    public void onComplete() {
        received.add(new End(null));
    }

    /** Completes at once: the headers are sufficient to continue. */
    @Override
    public CompletionStage<StreamedBody> getBody() {
        return CompletableFuture.completedFuture(this);
    }
}
