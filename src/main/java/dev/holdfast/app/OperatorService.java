package dev.holdfast.app;

import dev.holdfast.leader.LeaderElection;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.reconcile.EventRecorder;
import dev.holdfast.reconcile.PassthroughVMReconciler;
import dev.holdfast.reconcile.SharedObjects;
import dev.holdfast.reconcile.TrimmedItemStore;
import dev.holdfast.telemetry.EventQueue;
import dev.holdfast.telemetry.OperatorMeters;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetricsV2;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** The operator: starts and stops its controller, leader election and periodic tasks. */
final class OperatorService implements AutoCloseable {
    private static final Duration LAST_WRITES = Duration.ofSeconds(5);
    /** Time for Events that wait when the operator is stopped, during which no other replica is active. */
    private static final Duration LAST_EVENTS = Duration.ofSeconds(1);
    /** Long enough for a large cluster behind a slow connection; after a timeout the operator would read the same lists again. */
    private static final Duration FIRST_LISTS = Duration.ofMinutes(30);

    /** Maximum time for which the counts of a device class lag behind the nodes' reports, and metrics behind the VMs. */
    private static final Duration COUNT_INTERVAL = Duration.ofSeconds(10);

    /** Concurrent reconciliations; each has a copy of its VM and an answer of the API server, of up to some MiB. */
    private static final int CONCURRENCY = 20;

    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

    private final KubernetesClient client;
    private final Optional<LeaderElection> election;
    private final Operator operator;
    private final PassthroughVMReconciler reconciler;
    private final EventQueue events = new EventQueue(LAST_EVENTS);
    private final ScheduledExecutorService counts = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("counts").daemon().factory());
    /** Held during the start, so that closing waits for its end. */
    private final ReentrantLock starting = new ReentrantLock();

    private volatile boolean accessChecked;
    private volatile boolean closed;

    /**
     * Makes an operator that {@link #start()} starts.
     *
     * @param client   closed with this object
     * @param instance the replica's name in Events
     * @param election started and closed with this object; empty for a single replica
     */
    OperatorService(
            KubernetesClient client,
            OperatorSettings defaults,
            String instance,
            Optional<LeaderElection> election,
            MeterRegistry registry,
            Clock clock) {
        this.client = client;
        this.election = election;
        OperatorMeters meters = new OperatorMeters(registry);
        meters.leads(this::isActive);
        meters.countReconciliations(PassthroughVMReconciler.NAME);
        operator = new Operator(overrider -> overrider
                .withKubernetesClient(client)
                .withCloseClientOnStop(false)
                .withResourceCloner(new SharedObjects())
                .withUseSSAToPatchPrimaryResource(true)
                .withReconciliationTerminationTimeout(LAST_WRITES)
                .withCacheSyncTimeout(FIRST_LISTS)
                .withConcurrentReconciliationThreads(CONCURRENCY)
                .withMetrics(MicrometerMetricsV2.newBuilder(registry).build()));
        reconciler = new PassthroughVMReconciler(
                defaults, new EventRecorder(client, instance, clock, events), meters, clock, CONCURRENCY);
    }

    /**
     * Starts the operator. It returns when this replica is active and its caches are filled, or when it was closed before.
     *
     * @return whether it is active now
     * @throws RuntimeException when the API server refuses its watches
     */
    boolean start() throws InterruptedException {
        if (election.isPresent()) {
            OperatorAccess.check(client);
            accessChecked = true;
            election.get().start();
            if (!election.get().await()) {
                return false;
            }
        }
        starting.lockInterruptibly();
        try {
            if (!closed) {
                register();
                operator.start();
                schedule(reconciler.countVms(), Duration.ZERO);
                schedule(reconciler.deviceClassStatuses(client), COUNT_INTERVAL);
            }
            return !closed;
        } finally {
            starting.unlock();
        }
    }

    private void schedule(Runnable count, Duration first) {
        counts.scheduleWithFixedDelay(count, first.toMillis(), COUNT_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Registers the reconciler, which asks the API server which objects it has, and so not before this replica is active. */
    private void register() {
        operator.register(
                reconciler,
                controller -> controller
                        .withRetry(retry())
                        .withItemStore(TrimmedItemStore.create())
                        .withInformerListLimit(TrimmedItemStore.LIST_LIMIT));
    }

    /** Returns why it can be neither active nor on standby; empty when it can. */
    Optional<String> notReady() {
        if (election.isPresent() && !election.get().isLeader()) {
            return accessChecked ? election.get().notReady() : Optional.of("the API server has not responded yet");
        }
        if (!operator.getRuntimeInfo().isStarted()) {
            return Optional.of("the caches are not filled yet; wait for the API server's answers");
        }
        return operator.getRuntimeInfo().allEventSourcesAreHealthy()
                ? Optional.empty()
                : Optional.of("a watch of the API server has failed: "
                        + operator.getRuntimeInfo().unhealthyEventSources().keySet());
    }

    private boolean isActive() {
        return election.map(LeaderElection::isLeader)
                .orElseGet(() -> operator.getRuntimeInfo().isStarted());
    }

    /** Ends the reconciliations in progress first, then releases the Lease, and last closes the client that both need. */
    @Override
    public void close() {
        closed = true;
        counts.shutdownNow();
        boolean idle = waitForStart();
        try {
            operator.stop();
            events.close();
            election.ifPresent(LeaderElection::close);
            client.close();
        } finally {
            if (idle) {
                starting.unlock();
            }
        }
    }

    private boolean waitForStart() {
        try {
            return starting.tryLock(LAST_WRITES.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** Returns the policy of retries, without a limit, so that VMs are still reconciled after an API server was down for an hour. */
    private static GenericRetry retry() {
        return new GenericRetry()
                .setInitialInterval(FIRST_RETRY)
                .setMaxInterval(LONGEST_RETRY.toMillis())
                .withoutMaxAttempts();
    }
}
