package dev.holdfast.leader;

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
 * Makes one of several operators the leader. Not by JOSDK's own LeaderElectionConfiguration: 5.3.2 keeps the Lease when
 * the leader stops, so that every rolling update would leave VMs alone for the length of a lease, and a renewal that
 * hangs in the client's retries is not noticed.
 */
public final class LeaderElection implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(LeaderElection.class);
    private static final Duration RELEASE = Duration.ofSeconds(3);

    /**
     * How patient replicas are.
     *
     * @param lease whole seconds after which a leader that is silent may be replaced
     * @param renew after which a leader that cannot renew gives up; below {@code lease}
     * @param retry between two looks at the Lease
     */
    public record Timing(Duration lease, Duration renew, Duration retry) {
        /** Those of kube-controller-manager. */
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
    /** One thread for the elector, and one that goes on when the first hangs. */
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(
            2, Thread.ofPlatform().daemon().name("leader-election-", 0).factory());

    private final OperatorLease lease;
    private final Timing timing;
    private final Consumer<String> lost;
    private final LeaderElector elector;
    private volatile @Nullable CompletableFuture<?> election;

    /**
     * Does nothing before {@link #start}.
     *
     * @param client   not closed with this
     * @param identity of this replica, unlike that of any other
     * @param lost     called once, with a sentence, when this was the leader and must no longer write
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
                                this::leads, () -> end("another replica holds it or it expired"), this::seen),
                        // It would release a Lease that it could not renew, before anybody is told to stop.
                        false,
                        OperatorLease.NAME),
                threads);
    }

    /** Stands for election, and returns at once. */
    public void start() {
        election = elector.start();
        long look = Math.max(1, timing.retry().toMillis() / 4);
        threads.scheduleWithFixedDelay(this::watch, look, look, TimeUnit.MILLISECONDS);
    }

    /**
     * Waits without end.
     *
     * @return true as the leader; false when closed before it came to that
     */
    public boolean await() throws InterruptedException {
        decided.await();
        return isLeader();
    }

    /** For any thread. */
    public boolean isLeader() {
        return state.get() == State.LEADING;
    }

    /** What keeps this replica from ever becoming the leader; empty when it is, or waits as it should. For any thread. */
    public Optional<String> notReady() {
        return isLeader()
                ? Optional.empty()
                : lease.fault()
                        .map(fault ->
                                "the Lease %s cannot be used (%s); does the namespace exist, and may this account get, "
                                                .formatted(lease.describe(), fault)
                                        + "create and patch the Lease?");
    }

    /** Gives the Lease to whoever wants it. Call it when nothing is written any more. */
    @Override
    public void close() {
        state.set(State.ENDED);
        decided.countDown();
        // Waits for a renewal under way, and that one perhaps for an API server that does not answer.
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
                log.atInfo().addKeyValue("lease", lease.describe()).log("Lease released");
            }
        } catch (KubernetesClientException e) {
            log.atWarn()
                    .addKeyValue("lease", lease.describe())
                    .addKeyValue("error", e.getMessage())
                    .log("The Lease was not released; it runs out by itself");
        }
    }

    private static void join(Thread release) {
        try {
            if (!release.join(RELEASE)) {
                log.warn("The Lease could not be released in time; it runs out by itself");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void leads() {
        if (state.compareAndSet(State.WAITING, State.LEADING)) {
            log.atInfo()
                    .addKeyValue("lease", lease.describe())
                    .addKeyValue("identity", lease.identity())
                    .log("Leading");
            decided.countDown();
        }
    }

    private void seen(@Nullable String leader) {
        if (state.get() == State.WAITING && leader != null && !leader.isEmpty() && !leader.equals(lease.identity())) {
            log.atInfo()
                    .addKeyValue("lease", lease.describe())
                    .addKeyValue("leader", leader)
                    .log("Another replica leads; standing by");
        }
    }

    /** The elector looks at its deadline between two requests only, and one with its retries can take minutes. */
    private void watch() {
        lease.sinceWritten()
                .filter(since -> isLeader() && since.compareTo(timing.renew()) > 0)
                .ifPresent(since -> end("it was not renewed for " + since.toMillis() + " ms"));
    }

    private void end(String why) {
        if (state.compareAndSet(State.LEADING, State.ENDED)) {
            lost.accept("This replica lost the Lease %s (%s); it ends at once, so that no two replicas write"
                    .formatted(
                            lease.describe(),
                            lease.fault().map(fault -> why + ": " + fault).orElse(why)));
        }
    }
}
