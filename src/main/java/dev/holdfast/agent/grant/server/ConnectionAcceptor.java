package dev.holdfast.agent.grant.server;

import dev.holdfast.grant.GrantSocket;
import dev.holdfast.host.kernel.ErrnoException;
import dev.holdfast.host.kernel.PeerConnection;
import dev.holdfast.host.kernel.UnixServerSocket;
import dev.holdfast.host.kernel.WakeablePoll;
import dev.holdfast.host.process.PodLookup;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets peers in, as far as there are places, and listens to all of them at once. Who is silent or slow holds up a place
 * of its own pod and nothing else: no thread waits for a single peer, and what is done before a request has come whole
 * costs the same for everyone.
 *
 * <p>One thread accepts, one listens.
 */
final class ConnectionAcceptor implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(ConnectionAcceptor.class);
    /** Until descriptors may have become free. */
    private static final Duration ACCEPT_PAUSE = Duration.ofMillis(20);

    private static final Duration WARN_AT_MOST_EVERY = Duration.ofSeconds(10);

    private final UnixServerSocket socket;
    private final PodLookup pods;
    private final ConnectionLimits slots;
    private final Duration linePatience;
    private final Desk desk;
    private final WakeablePoll poll;
    private final Queue<AdmittedConnection> arrived = new ConcurrentLinkedQueue<>();
    private final CountDownLatch stopped = new CountDownLatch(1);
    /** Only for the acceptor. */
    private long warnedNanos;

    private final Thread acceptor;
    private final Thread listener;

    /** What becomes of peers. Called on both threads of the reception: to return at once. */
    interface Desk {
        /** Somebody has said a whole line. */
        void request(AdmittedConnection visitor, String line);

        /** What somebody has said is no line, or came too late. */
        void garbage(AdmittedConnection visitor, String sentence);

        /** There was no place; the connection is to be closed. */
        void turnAway(PeerConnection connection, Optional<String> podUid);
    }

    /**
     * @param linePatience for a whole line
     * @throws ErrnoException when there are no descriptors left
     */
    ConnectionAcceptor(
            UnixServerSocket socket, PodLookup pods, ConnectionLimits slots, Duration linePatience, Desk desk)
            throws ErrnoException {
        this.socket = socket;
        this.pods = pods;
        this.slots = slots;
        this.linePatience = linePatience;
        this.desk = desk;
        poll = WakeablePoll.open();
        acceptor = Thread.ofPlatform().daemon().name("grant-accept").unstarted(this::acceptAll);
        listener = Thread.ofPlatform().daemon().name("grant-listen").unstarted(this::listen);
    }

    void open() {
        acceptor.start();
        listener.start();
    }

    /** Nobody is let in any more, and who has not said anything yet is left: the next agent is asked again. */
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
                comesToNothing(e);
            } catch (RuntimeException e) {
                log.atError().setCause(e).log("a connection came to nothing");
            }
        }
    }

    /** A peer that is gone already is no news: whoever likes to could fill the log with it. */
    private void comesToNothing(IOException e) {
        boolean ours = e instanceof ErrnoException errno && errno.call().equals("accept4");
        (ours && mayWarn() ? log.atWarn() : log.atDebug())
                .addKeyValue("cause", e.getMessage())
                .log("a connection came to nothing");
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

    /** Whatever goes wrong with one, nothing of it stays. */
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
        // First what costs nothing: a pod whose places are taken is not looked up a thousand times.
        if (!slots.full(hint.map(PodLookup.Hint::podUid))) {
            podUid =
                    hint.filter(shown -> pods.confirms(shown, connection.pid())).map(PodLookup.Hint::podUid);
            place = slots.take(podUid);
        }
        if (place.isEmpty()) {
            desk.turnAway(connection, podUid);
            return;
        }
        long now = System.nanoTime();
        AdmittedConnection visitor =
                new AdmittedConnection(connection, podUid, place.get(), now + linePatience.toNanos());
        // A launcher has mostly said all by now.
        if (!done(visitor, true, now)) {
            arrived.add(visitor);
            poll.wake();
        }
    }

    private void listen() {
        List<AdmittedConnection> present = new ArrayList<>();
        while (stopped.getCount() > 0) {
            try {
                for (AdmittedConnection next = arrived.poll(); next != null; next = arrived.poll()) {
                    present.add(next);
                }
                hear(
                        present,
                        poll.await(
                                present.stream()
                                        .map(AdmittedConnection::connection)
                                        .toList(),
                                patience(present)));
            } catch (ErrnoException | RuntimeException e) {
                log.atError().setCause(e).log("listening to launchers was interrupted by a fault; it goes on");
                pause();
            }
        }
        present.forEach(visitor -> visitor.connection().close());
        poll.close();
    }

    /** Until the first of them is late; without end when nobody is there. */
    private static Optional<Duration> patience(List<AdmittedConnection> present) {
        long now = System.nanoTime();
        return present.stream()
                .map(visitor -> Duration.ofNanos(visitor.deadlineNanos() - now))
                .min(Duration::compareTo);
    }

    private void hear(List<AdmittedConnection> present, BitSet ready) {
        long now = System.nanoTime();
        List<AdmittedConnection> waiting = new ArrayList<>();
        for (int i = 0; i < present.size(); i++) {
            AdmittedConnection visitor = present.get(i);
            if (!done(visitor, ready.get(i), now)) {
                waiting.add(visitor);
            }
        }
        present.clear();
        present.addAll(waiting);
    }

    /** Whether somebody has said all that he may say; from then on the connection is the desk's. */
    private boolean done(AdmittedConnection visitor, boolean ready, long now) {
        try {
            Optional<String> line =
                    ready ? visitor.connection().readLine(GrantSocket.MAX_REQUEST_BYTES) : Optional.empty();
            if (line.isPresent()) {
                desk.request(visitor, line.get());
                return true;
            }
        } catch (IOException e) {
            desk.garbage(visitor, Objects.toString(e.getMessage(), e.toString()));
            return true;
        }
        if (now - visitor.deadlineNanos() < 0) {
            return false;
        }
        desk.garbage(
                visitor,
                "No complete line came within " + linePatience.toMillis() + " ms, only "
                        + visitor.connection().bytesSoFar() + " bytes; send one line of JSON.");
        return true;
    }

    private void pause() {
        try {
            boolean ended = stopped.await(ACCEPT_PAUSE.toMillis(), TimeUnit.MILLISECONDS);
            log.atTrace().addKeyValue("stopping", ended).log("paused");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
