package dev.holdfast.agent.grant.server;

import dev.holdfast.grant.GrantSocket;
import dev.holdfast.host.kernel.ErrnoException;
import dev.holdfast.host.kernel.PeerConnection;
import dev.holdfast.host.kernel.UnixServerSocket;
import dev.holdfast.host.kernel.WakeablePoll;
import dev.holdfast.host.process.PodLookup;
import dev.holdfast.text.FailureText;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Accepts connections up to the bounds, and reads from all of them at once. A peer that is silent or slow uses up one
 * connection of its own pod and nothing else: no thread waits for a single peer, and the work before a request is
 * complete is the same for every peer.
 *
 * <p>One thread accepts, one reads.
 */
final class ConnectionAcceptor implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ConnectionAcceptor.class);
    /** Pause until descriptors may be free again. */
    private static final Duration ACCEPT_PAUSE = Duration.ofMillis(20);

    private static final Duration WARN_AT_MOST_EVERY = Duration.ofSeconds(10);

    private final UnixServerSocket socket;
    private final PodLookup pods;
    private final ConnectionLimits limits;
    private final Duration linePatience;
    private final Handler handler;
    private final WakeablePoll poll;
    private final Queue<AdmittedConnection> accepted = new ConcurrentLinkedQueue<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    /** Used by the accepting thread only. */
    private long warnedNanos;

    private final Thread acceptor;
    private final Thread listener;

    /** Handles requests and rejected connections. Called on both threads of the acceptor; must return at once. */
    interface Handler {
        /** Handles a complete line. */
        void request(AdmittedConnection admitted, String line);

        /** Handles input that is not a line, or came too late. */
        void garbage(AdmittedConnection admitted, String message);

        /** Rejects a connection above the bounds, and closes it. */
        void reject(PeerConnection connection, Optional<String> podUid);
    }

    /**
     * Creates the acceptor; nothing is accepted before {@link #open}.
     *
     * @param linePatience maximum time for a complete line
     * @throws ErrnoException when there are no descriptors left
     */
    ConnectionAcceptor(
            UnixServerSocket socket, PodLookup pods, ConnectionLimits limits, Duration linePatience, Handler handler)
            throws ErrnoException {
        this.socket = socket;
        this.pods = pods;
        this.limits = limits;
        this.linePatience = linePatience;
        this.handler = handler;
        poll = WakeablePoll.open();
        acceptor = Thread.ofPlatform().daemon().name("grant-accept").unstarted(this::acceptAll);
        listener = Thread.ofPlatform().daemon().name("grant-listen").unstarted(this::listen);
    }

    void open() {
        acceptor.start();
        listener.start();
    }

    /** Stops accepting. Connections without a complete request are closed: their peers retry with the next agent. */
    @Override
    public void close() {
        stopped.countDown();
        socket.close();
        poll.wake();
    }

    private void acceptAll() {
        while (stopped.getCount() > 0) {
            try {
                receive(socket.accept());
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                logFailure(e);
            } catch (RuntimeException e) {
                log.atError().setCause(e).log("cannot accept a connection");
            }
        }
    }

    /** Logs a failure. That a peer is gone already is logged at debug level only: peers could fill the log with it. */
    private void logFailure(IOException e) {
        boolean ours = e instanceof ErrnoException errno && errno.call().equals("accept4");
        (ours && mayWarn() ? log.atWarn() : log.atDebug())
                .addKeyValue(LogKeys.ERROR, e.getMessage())
                .log("cannot accept a connection");
        if (ours) {
            pause();
        }
    }

    private boolean mayWarn() {
        long now = System.nanoTime();
        boolean may = warnedNanos == 0 || now - warnedNanos > WARN_AT_MOST_EVERY.toNanos();
        if (may) {
            warnedNanos = now;
        }
        return may;
    }

    /** Admits a connection, and closes it on any failure. */
    private void receive(PeerConnection connection) {
        try {
            admit(connection);
        } catch (RuntimeException e) {
            connection.close();
            throw e;
        }
    }

    private void admit(PeerConnection connection) {
        Optional<PodLookup.Hint> hint = pods.hint(connection.pid());
        Optional<String> podUid = Optional.empty();
        Optional<Runnable> place = Optional.empty();
        // The cheap check first: the pod of the peer is not verified when its bound is reached.
        if (!limits.full(hint.map(PodLookup.Hint::podUid))) {
            podUid =
                    hint.filter(shown -> pods.confirms(shown, connection.pid())).map(PodLookup.Hint::podUid);
            place = limits.take(podUid);
        }
        if (place.isEmpty()) {
            handler.reject(connection, podUid);
            return;
        }
        long now = System.nanoTime();
        AdmittedConnection admitted =
                new AdmittedConnection(connection, podUid, place.get(), now + linePatience.toNanos());
        // The request of a launcher is usually complete by now.
        if (!done(admitted, true, now)) {
            accepted.add(admitted);
            poll.wake();
        }
    }

    private void listen() {
        List<AdmittedConnection> present = new ArrayList<>();
        while (stopped.getCount() > 0) {
            try {
                for (AdmittedConnection next = accepted.poll(); next != null; next = accepted.poll()) {
                    present.add(next);
                }
                readFrom(
                        present,
                        poll.await(
                                present.stream()
                                        .map(AdmittedConnection::connection)
                                        .toList(),
                                patience(present)));
            } catch (ErrnoException | RuntimeException e) {
                log.atError().setCause(e).log("reading from launchers was interrupted by a fault; it continues");
                pause();
            }
        }
        present.forEach(admitted -> admitted.connection().close());
        poll.close();
    }

    /** Returns the time until the first deadline; empty without connections. */
    private static Optional<Duration> patience(List<AdmittedConnection> present) {
        long now = System.nanoTime();
        return present.stream()
                .map(admitted -> Duration.ofNanos(admitted.deadlineNanos() - now))
                .min(Duration::compareTo);
    }

    private void readFrom(List<AdmittedConnection> present, BitSet ready) {
        long now = System.nanoTime();
        List<AdmittedConnection> waiting = new ArrayList<>();
        for (int i = 0; i < present.size(); i++) {
            AdmittedConnection admitted = present.get(i);
            if (!done(admitted, ready.get(i), now)) {
                waiting.add(admitted);
            }
        }
        present.clear();
        present.addAll(waiting);
    }

    /** Returns whether the peer has sent all that it may send; the handler then owns the connection. */
    private boolean done(AdmittedConnection admitted, boolean ready, long now) {
        try {
            Optional<String> line =
                    ready ? admitted.connection().readLine(GrantSocket.MAX_REQUEST_BYTES) : Optional.empty();
            if (line.isPresent()) {
                handler.request(admitted, line.get());
                return true;
            }
        } catch (IOException e) {
            handler.garbage(admitted, FailureText.of(e));
            return true;
        }
        if (now - admitted.deadlineNanos() < 0) {
            return false;
        }
        handler.garbage(
                admitted,
                "no complete line within " + linePatience.toMillis() + " ms, only "
                        + admitted.connection().bytesSoFar() + " bytes; send one line of JSON");
        return true;
    }

    private void pause() {
        try {
            boolean ended = stopped.await(ACCEPT_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
            log.atTrace().addKeyValue(LogKeys.STOPPING, ended).log("paused");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
