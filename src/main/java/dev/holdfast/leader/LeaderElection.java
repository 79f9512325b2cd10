package dev.holdfast.leader;

import dev.holdfast.text.LogKeys;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElectionConfig;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderElector;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Elects the active one of several operators. JOSDK's own LeaderElectionConfiguration is not used: 5.3.2 keeps the Lease when
 * the leader stops, so that at each rolling update no operator is active for the duration of a lease, and it does not detect
 * a renewal that hangs in the client's retries.
 */
public final class LeaderElection implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LeaderElection.class);
    private static final Duration RELEASE = Duration.ofSeconds(3);

    /**
     * Periods of the election.
     *
     * @param lease whole seconds after which a leader that is not responding may be replaced
     * @param renew time after which a leader that cannot renew stops; below {@code lease}
     * @param retry interval between two reads of the Lease
     */
    public record Timing(Duration lease, Duration renew, Duration retry) {
        /** The periods of kube-controller-manager. */
        public static final Timing STANDARD =
                new Timing(Duration.ofSeconds(15), Duration.ofSeconds(10), Duration.ofSeconds(2));
    }

    private enum State {
        WAITING,
        LEADING,
        ENDED
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.WAITING);
    private final CountDownLatch decided = new CountDownLatch(1);
    /** Two threads: one for the elector, and one that continues when the first hangs. */
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(
            2, Thread.ofPlatform().daemon().name("leader-election-", 0).factory());

    private final OperatorLease lease;
    private final Timing timing;
    private final Consumer<String> lost;
    private final LeaderElector elector;
    private volatile @Nullable CompletableFuture<?> election;

    /**
     * Makes an election that does nothing before {@link #start}.
     *
     * @param client   is not closed by this object
     * @param identity unique identity of this replica
     * @param lost     called once, with a message, when this replica is no longer the leader and must not write any more
     */
    public LeaderElection(
            KubernetesClient client, String namespace, String identity, Timing timing, Consumer<String> lost) {
        this.timing = timing;
        this.lost = lost;
        lease = new OperatorLease(namespace, identity);
        elector = new LeaderElector(
                client,
                new LeaderElectionConfig(
                        lease,
                        timing.lease(),
                        timing.renew(),
                        timing.retry(),
                        new LeaderCallbacks(
                                this::becomeLeader,
                                () -> end("another replica holds it or it expired"),
                                this::observed),
                        // With true it would release a Lease that it could not renew, before this replica is stopped.
                        false,
                        OperatorLease.NAME),
                threads);
    }

    /** Starts the election and returns at once. */
    public void start() {
        election = elector.start();
        long look = Math.max(1, timing.retry().toMillis() / 4);
        threads.scheduleWithFixedDelay(this::watch, look, look, TimeUnit.MILLISECONDS);
    }

    /**
     * Waits without a time limit.
     *
     * @return true when this replica is the leader; false when it was closed before
     */
    public boolean await() throws InterruptedException {
        decided.await();
        return isLeader();
    }

    /** Returns whether this replica is the leader. Thread-safe. */
    public boolean isLeader() {
        return state.get() == State.LEADING;
    }

    /** Returns why this replica cannot become the leader; empty when it is the leader or can become it. Thread-safe. */
    public Optional<String> notReady() {
        return isLeader()
                ? Optional.empty()
                : lease.fault()
                        .map(fault ->
                                "Lease %s cannot be used (%s); check that the namespace exists, and that this account may "
                                                .formatted(lease.describe(), fault)
                                        + "get, create and patch the Lease");
    }

    /** Releases the Lease. Must be called when this replica does not write any more. */
    @Override
    public void close() {
        state.set(State.ENDED);
        decided.countDown();
        // The release waits for a renewal in progress, which may wait for an API server that is not responding.
        join(Thread.ofPlatform().daemon().name("release").start(this::release));
        threads.shutdownNow();
    }

    private void release() {
        CompletableFuture<?> started = election;
        if (started == null) {
            return;
        }
        election = null;
        started.cancel(true);
        try {
            if (elector.release()) {
                log.atInfo().addKeyValue(LogKeys.LEASE, lease.describe()).log("Lease released");
            }
        } catch (KubernetesClientException e) {
            log.atWarn()
                    .addKeyValue(LogKeys.LEASE, lease.describe())
                    .addKeyValue(LogKeys.ERROR, e.getMessage())
                    .log("Lease not released; it will expire");
        }
    }

    private static void join(Thread release) {
        try {
            if (!release.join(RELEASE)) {
                log.warn("Lease not released in time; it will expire");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void becomeLeader() {
        if (state.compareAndSet(State.WAITING, State.LEADING)) {
            log.atInfo()
                    .addKeyValue(LogKeys.LEASE, lease.describe())
                    .addKeyValue("identity", lease.identity())
                    .log("this replica is active");
            decided.countDown();
        }
    }

    private void observed(@Nullable String leader) {
        if (state.get() == State.WAITING && leader != null && !leader.isEmpty() && !leader.equals(lease.identity())) {
            log.atInfo()
                    .addKeyValue(LogKeys.LEASE, lease.describe())
                    .addKeyValue("leader", leader)
                    .log("another replica is active; this one is on standby");
        }
    }

    /** Checks the deadline. The elector does so only between two requests, and a request with its retries can take minutes. */
    private void watch() {
        lease.sinceWritten()
                .filter(since -> isLeader() && since.compareTo(timing.renew()) > 0)
                .ifPresent(since -> end("it was not renewed for " + since.toMillis() + " ms"));
    }

    private void end(String reason) {
        if (state.compareAndSet(State.LEADING, State.ENDED)) {
            lost.accept("lost the Lease %s (%s); this replica exits at once, so that no two replicas write"
                    .formatted(
                            lease.describe(),
                            lease.fault().map(fault -> reason + ": " + fault).orElse(reason)));
        }
    }
}
