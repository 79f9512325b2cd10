package dev.holdfast.agent.grant;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.agent.grant.Decision.Refuse;
import dev.holdfast.agent.grant.Decision.Wait;
import dev.holdfast.grant.GrantAnswer;
import dev.holdfast.grant.GrantAnswer.NamedDevice;
import dev.holdfast.grant.GrantRequest;
import dev.holdfast.grant.GrantSocket;
import dev.holdfast.host.ErrnoException;
import dev.holdfast.host.PeerConnection;
import dev.holdfast.host.PodLookup;
import dev.holdfast.host.ProcessStatus;
import dev.holdfast.host.Procfs;
import dev.holdfast.host.UnixServerSocket;
import dev.holdfast.telemetry.AgentMeters;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket that launchers speak to. Whatever comes in, it goes on: a pod can have only so many connections at once,
 * a line only so many bytes and so much time. Native calls hold on to their thread, so the threads are platform threads.
 */
public final class GrantServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(GrantServer.class);

    private static final Duration ANSWER_PATIENCE = Duration.ofSeconds(5);
    /** An empty socket buffer takes a short line at once. */
    private static final Duration BUSY_PATIENCE = Duration.ofMillis(10);
    /**
     * How much longer a refused peer's place stays taken. Each refusal costs two reads of the API server, and one pod
     * shall not cause hundreds of them in a second.
     */
    private static final Duration REFUSED_PAUSE = Duration.ofMillis(250);
    /** Until descriptors may have become free. */
    private static final Duration ACCEPT_PAUSE = Duration.ofMillis(20);

    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private final UnixServerSocket socket;
    private final GrantDesk desk;
    private final Procfs procfs;
    private final PodLookup pods;
    private final AgentMeters meters;
    private final Bounds bounds;
    private final PeerSlots slots;
    private final ThreadPoolExecutor workers;
    private final Thread acceptor;
    private final CountDownLatch stopped = new CountDownLatch(1);

    /**
     * What peers may take.
     *
     * @param perPod       connections of one pod at once
     * @param outside      connections at once from outside any pod
     * @param workers      requests at once
     * @param linePatience for a whole line
     */
    record Bounds(int perPod, int outside, int workers, Duration linePatience) {
        /**
         * A launcher has one connection, and a second may overlap with one that is just ending. Workers are more than
         * the pods of a node, 110 by default; their threads are made when needed and end when idle.
         */
        static final Bounds DEFAULT = new Bounds(4, 8, 256, Duration.ofSeconds(5));
    }

    private GrantServer(
            UnixServerSocket socket, Bounds bounds, GrantDesk desk, Procfs procfs, PodLookup pods, AgentMeters meters) {
        this.socket = socket;
        this.bounds = bounds;
        this.slots = new PeerSlots(bounds.perPod(), bounds.outside());
        this.desk = desk;
        this.procfs = procfs;
        this.pods = pods;
        this.meters = meters;
        AtomicInteger number = new AtomicInteger();
        this.workers = new ThreadPoolExecutor(
                0,
                bounds.workers(),
                10,
                TimeUnit.SECONDS,
                new SynchronousQueue<>(),
                task -> Thread.ofPlatform()
                        .daemon()
                        .name("grant-" + number.incrementAndGet())
                        .unstarted(task));
        this.acceptor = Thread.ofPlatform().daemon().name("grant-accept").unstarted(this::acceptAll);
    }

    /**
     * Serves from now on.
     *
     * @param directory made when missing; the socket in it is {@link GrantSocket#NAME}
     * @throws IOException when the socket cannot be made there
     */
    public static GrantServer start(Path directory, GrantDesk desk, Procfs procfs, PodLookup pods, AgentMeters meters)
            throws IOException {
        return start(directory, Bounds.DEFAULT, desk, procfs, pods, meters);
    }

    static GrantServer start(
            Path directory, Bounds bounds, GrantDesk desk, Procfs procfs, PodLookup pods, AgentMeters meters)
            throws IOException {
        Files.createDirectories(directory);
        UnixServerSocket socket = UnixServerSocket.bind(directory.resolve(GrantSocket.NAME));
        GrantServer server = new GrantServer(socket, bounds, desk, procfs, pods, meters);
        server.acceptor.start();
        log.atInfo().addKeyValue("socket", socket.path()).log("grants are given");
        return server;
    }

    @Override
    public void close() {
        stopped.countDown();
        socket.close();
        workers.shutdown();
    }

    private void acceptAll() {
        while (stopped.getCount() > 0) {
            try {
                admit(socket.accept());
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                log.atWarn().addKeyValue("cause", e.getMessage()).log("a connection came to nothing");
                if (e instanceof ErrnoException errno && errno.call().equals("accept4")) {
                    pause(ACCEPT_PAUSE);
                }
            } catch (RuntimeException e) {
                log.atError().setCause(e).log("a connection came to nothing");
            }
        }
    }

    private void admit(PeerConnection connection) {
        Optional<Runnable> place = Optional.empty();
        try {
            place = slots.take(pods.podUidOf(connection.pid()));
            if (place.isPresent()) {
                Runnable giveBack = place.get();
                workers.execute(() -> serve(connection, giveBack));
                return;
            }
        } catch (RejectedExecutionException e) {
            place.ifPresent(Runnable::run);
        }
        try (connection) {
            meters.waited();
            send(connection, new Wait("Too many connections are open; ask again in a moment."), BUSY_PATIENCE);
        }
    }

    private void serve(PeerConnection connection, Runnable giveBack) {
        try {
            boolean refused;
            try (connection) {
                Decision decision = decide(connection);
                send(connection, decision, ANSWER_PATIENCE);
                refused = decision instanceof Refuse;
            }
            if (refused) {
                pause(REFUSED_PAUSE);
            }
        } catch (RuntimeException e) {
            // The peer sees its connection end and asks again.
            log.atError().addKeyValue("pid", connection.pid()).setCause(e).log("a request came to nothing");
        } finally {
            giveBack.run();
        }
    }

    private Decision decide(PeerConnection connection) {
        Optional<Peer> peer = Peer.of(connection.pid(), connection.uid(), connection.process(), procfs);
        Decision decision;
        String vm = "?";
        try {
            String line = connection.readLine(GrantSocket.MAX_LINE_BYTES, bounds.linePatience());
            long start = System.nanoTime();
            Optional<GrantRequest> claim = Claim.parse(line);
            vm = claim.map(request -> request.namespace() + "/" + request.name())
                    .orElse(vm);
            decision = claim.isEmpty()
                    ? new Refuse(
                            RefusalReason.GARBAGE,
                            "A line of " + line.length()
                                    + " characters came that is no request; expected was one JSON object with namespace and name of a VM.")
                    : peer.isEmpty() ? gone(connection) : desk.decide(peer.get(), claim.get());
            meters.answered(Duration.ofNanos(System.nanoTime() - start));
        } catch (IOException e) {
            decision = new Refuse(RefusalReason.GARBAGE, e.getMessage() == null ? e.toString() : e.getMessage());
        }
        account(connection, vm, decision);
        return decision;
    }

    private void account(PeerConnection connection, String vm, Decision decision) {
        switch (decision) {
            case Decision.Grant granted -> meters.granted();
            case Wait wait -> {
                meters.waited();
                log.atDebug()
                        .addKeyValue("vm", vm)
                        .addKeyValue("pid", connection.pid())
                        .log(wait.sentence());
            }
            case Refuse refuse -> {
                meters.refused(refuse.reason().code());
                log.atWarn()
                        .addKeyValue("reason", refuse.reason().code())
                        .addKeyValue("vm", vm)
                        .addKeyValue("pid", connection.pid())
                        .addKeyValue("process", printable(connection.pid()))
                        .addKeyValue("uid", connection.uid())
                        .addKeyValue("pod", pods.podUidOf(connection.pid()).orElse("none"))
                        .log("grant refused: {}", refuse.sentence());
            }
        }
    }

    /** The peer chose its name itself; it shall not write lines of its own into the log. */
    private String printable(int pid) {
        return procfs.status(pid).map(ProcessStatus::name).orElse("gone").replaceAll("[^ -~]", "?");
    }

    private static Decision gone(PeerConnection connection) {
        return new Refuse(
                RefusalReason.PROCESS_GONE,
                "Process " + connection.pid() + " asked for a grant and has ended since; nothing is left to do.");
    }

    private static void send(PeerConnection connection, Decision decision, Duration patience) {
        try {
            connection.writeLine(JSON.writeValueAsString(answer(decision)), patience);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an answer has no JSON", e);
        } catch (IOException e) {
            log.atDebug()
                    .addKeyValue("pid", connection.pid())
                    .addKeyValue("cause", e.getMessage())
                    .log("an answer was not taken");
        }
    }

    private static GrantAnswer answer(Decision decision) {
        return switch (decision) {
            case Decision.Grant grant ->
                new GrantAnswer.Granted(
                        grant.limitBytes(),
                        grant.devices().stream()
                                .map(device -> new NamedDevice(device.name(), device.pciAddresses()))
                                .toList());
            case Wait wait -> new GrantAnswer.Waiting(wait.sentence());
            case Refuse refuse -> new GrantAnswer.Refused(refuse.reason().code(), refuse.sentence());
        };
    }

    private void pause(Duration time) {
        try {
            boolean ended = stopped.await(time.toMillis(), TimeUnit.MILLISECONDS);
            log.atTrace().addKeyValue("stopping", ended).log("paused");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
