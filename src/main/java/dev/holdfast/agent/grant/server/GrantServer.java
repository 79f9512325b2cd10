package dev.holdfast.agent.grant.server;

import dev.holdfast.agent.grant.AuditLog;
import dev.holdfast.agent.grant.GrantHandler;
import dev.holdfast.agent.grant.Peer;
import dev.holdfast.agent.grant.RefusalCounts;
import dev.holdfast.agent.grant.decision.Decision;
import dev.holdfast.agent.grant.decision.Decision.Refuse;
import dev.holdfast.agent.grant.decision.Decision.Wait;
import dev.holdfast.agent.grant.decision.RefusalCode;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.grant.GrantSocket;
import dev.holdfast.host.kernel.PeerConnection;
import dev.holdfast.host.kernel.UnixServerSocket;
import dev.holdfast.host.process.PodLookup;
import dev.holdfast.host.process.ProcessStatus;
import dev.holdfast.host.process.Procfs;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.text.LogKeys;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Server of the grant socket. The number of connections of a pod, the length of a line and the time for it are bounded,
 * and only complete requests take a thread. Native calls block their thread, so these are platform threads.
 */
public final class GrantServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GrantServer.class);

    private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(5);
    /** Timeout of the answer to a rejected peer: an empty socket buffer accepts a short line at once. */
    private static final Duration BUSY_PATIENCE = Duration.ZERO;

    private final UnixServerSocket socket;
    private final GrantHandler handler;
    private final Procfs procfs;
    private final AgentMeters meters;
    private final Bounds bounds;
    private final AuditLog audit = new AuditLog(System::nanoTime);
    private final ThreadPoolExecutor workers;
    private final ScheduledExecutorService releases;
    private final ConnectionAcceptor acceptor;

    /**
     * Bounds on the resources that peers can use.
     *
     * @param perPod       maximum number of connections of one pod
     * @param outside      maximum number of connections of processes outside any pod
     * @param inAll        maximum number of connections
     * @param workers      maximum number of concurrent requests; others are queued
     * @param linePatience maximum time for a complete line
     * @param pause        time for which a connection still counts after the answer. Each answer may cost two reads of
     *                     the API server, and one pod must not cause hundreds of them per second
     */
    public record Bounds(int perPod, int outside, int inAll, int workers, Duration linePatience, Duration pause) {
        /**
         * Default bounds. A launcher has one connection, which may overlap with a former one that is just ending. The
         * total is sufficient for all pods of a node, 110 by default. Threads are created when needed and end when
         * idle.
         */
        static final Bounds DEFAULT = new Bounds(4, 8, 2048, 16, Duration.ofSeconds(5), Duration.ofMillis(250));
    }

    private GrantServer(
            UnixServerSocket socket,
            Bounds bounds,
            GrantHandler handler,
            Procfs procfs,
            PodLookup pods,
            AgentMeters meters)
            throws IOException {
        this.socket = socket;
        this.bounds = bounds;
        this.handler = handler;
        this.procfs = procfs;
        this.meters = meters;
        meters.countRefusals(
                Stream.of(RefusalCode.values()).map(RefusalCode::code).toList());
        AtomicInteger number = new AtomicInteger();
        workers = new ThreadPoolExecutor(
                bounds.workers(),
                bounds.workers(),
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                task -> Thread.ofPlatform()
                        .daemon()
                        .name("grant-" + number.incrementAndGet())
                        .unstarted(task));
        workers.allowCoreThreadTimeOut(true);
        releases = Executors.newSingleThreadScheduledExecutor(
                Thread.ofPlatform().daemon().name("grant-releases").factory());
        acceptor = new ConnectionAcceptor(
                socket,
                pods,
                new ConnectionLimits(bounds.perPod(), bounds.outside(), bounds.inAll()),
                bounds.linePatience(),
                new Requests());
    }

    /**
     * Starts the server.
     *
     * @param directory created when missing; the socket in it is {@link GrantSocket#NAME}
     * @throws IOException when the socket cannot be created there
     */
    public static GrantServer start(
            Path directory, GrantHandler handler, Procfs procfs, PodLookup pods, AgentMeters meters)
            throws IOException {
        return start(directory, Bounds.DEFAULT, handler, procfs, pods, meters);
    }

    public static GrantServer start(
            Path directory, Bounds bounds, GrantHandler handler, Procfs procfs, PodLookup pods, AgentMeters meters)
            throws IOException {
        Files.createDirectories(directory);
        UnixServerSocket socket = UnixServerSocket.bind(directory.resolve(GrantSocket.NAME));
        GrantServer server = new GrantServer(socket, bounds, handler, procfs, pods, meters);
        server.acceptor.open();
        server.foldRefusals();
        log.atInfo().addKeyValue(LogKeys.SOCKET, socket.path()).log("serving grant requests");
        return server;
    }

    /** Writes the lines of counted refusals at intervals, also without further requests. */
    private void foldRefusals() {
        long interval = RefusalCounts.INTERVAL.toSeconds();
        var unused = releases.scheduleAtFixedRate(audit::foldRefusals, interval, interval, TimeUnit.SECONDS);
    }

    /**
     * Stops the server. Requests in progress are answered as long as the process lives; other peers retry with the next
     * agent.
     */
    @Override
    public void close() {
        acceptor.close();
        workers.shutdown();
        releases.shutdown();
    }

    /** Passes complete requests to the workers. */
    private final class Requests implements ConnectionAcceptor.Handler {
        @Override
        public void request(AdmittedConnection admitted, String line) {
            long start = System.nanoTime();
            serve(admitted, () -> {
                Optional<GrantRequest> request = GrantRequestParser.parse(line);
                Optional<Peer> peer = peer(admitted);
                answer(admitted, request, peer, decide(admitted, line, request, peer), start);
            });
        }

        @Override
        public void garbage(AdmittedConnection admitted, String message) {
            long start = System.nanoTime();
            serve(
                    admitted,
                    () -> answer(
                            admitted,
                            Optional.empty(),
                            peer(admitted),
                            new Refuse(RefusalCode.GARBAGE, message),
                            start));
        }

        @Override
        public void reject(PeerConnection connection, Optional<String> podUid) {
            try (connection) {
                Wait wait = new Wait("too many connections are open; retry in a moment");
                meters.waited(Duration.ZERO);
                audit.write(
                        new AuditLog.Asker(
                                connection.pid(), connection.uid(), "-", Optional.empty(), podUid, Optional.empty()),
                        wait);
                AnswerWriter.send(connection, wait, BUSY_PATIENCE);
            }
        }
    }

    private void serve(AdmittedConnection admitted, Runnable work) {
        try {
            workers.execute(() -> {
                try (PeerConnection connection = admitted.connection()) {
                    work.run();
                    log.atTrace().addKeyValue(LogKeys.PID, connection.pid()).log("served");
                } catch (RuntimeException e) {
                    // The connection of the peer ends, and the peer retries.
                    log.atError()
                            .addKeyValue(LogKeys.PID, admitted.connection().pid())
                            .setCause(e)
                            .log("a request was ended by a fault of the agent");
                } finally {
                    release(admitted);
                }
            });
        } catch (RejectedExecutionException e) {
            log.debug("stopping; the peer retries with the next agent");
            admitted.connection().close();
        }
    }

    private void release(AdmittedConnection admitted) {
        if (bounds.pause().isZero()) {
            admitted.place().run();
            return;
        }
        try {
            releases.schedule(admitted.place(), bounds.pause().toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            log.debug("stopping; the bounds are no longer needed");
        }
    }

    private Optional<Peer> peer(AdmittedConnection admitted) {
        PeerConnection connection = admitted.connection();
        return Peer.of(connection.pid(), connection.uid(), connection.process(), procfs);
    }

    private Decision decide(
            AdmittedConnection admitted, String line, Optional<GrantRequest> request, Optional<Peer> peer) {
        if (request.isEmpty()) {
            return noRequest(line);
        }
        return peer.isEmpty() ? gone(admitted.connection()) : handler.decide(peer.get(), request.get());
    }

    /** Logs and counts the decision before the answer is sent: a peer that has its answer is counted. */
    private void answer(
            AdmittedConnection admitted,
            Optional<GrantRequest> request,
            Optional<Peer> peer,
            Decision decision,
            long startNanos) {
        PeerConnection connection = admitted.connection();
        audit.write(
                new AuditLog.Asker(
                        connection.pid(),
                        connection.uid(),
                        procfs.status(connection.pid()).map(ProcessStatus::name).orElse("gone"),
                        peer.map(Peer::startTicks),
                        admitted.podUid(),
                        request),
                decision);
        count(decision, Duration.ofNanos(System.nanoTime() - startNanos));
        AnswerWriter.send(connection, decision, ANSWER_PATIENCE);
    }

    private void count(Decision decision, Duration took) {
        switch (decision) {
            case Decision.Grant granted -> meters.granted(took);
            case Wait wait -> meters.waited(took);
            case Refuse refuse -> meters.refused(refuse.reason().code(), took);
        }
    }

    private static Refuse noRequest(String line) {
        return new Refuse(
                RefusalCode.GARBAGE,
                "line of " + line.length()
                        + " characters is not a request; one JSON object with namespace and name of a VM is required");
    }

    private static Decision gone(PeerConnection connection) {
        return new Refuse(
                RefusalCode.PROCESS_GONE,
                "process " + connection.pid() + " requested a grant and has ended since; nothing needs to be done");
    }
}
