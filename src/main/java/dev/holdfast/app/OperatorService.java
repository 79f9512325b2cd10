package dev.holdfast.app;

import dev.holdfast.leader.LeaderElection;
import dev.holdfast.plan.lifecycle.OperatorSettings;
import dev.holdfast.reconcile.EventRecorder;
import dev.holdfast.reconcile.PassthroughVMReconciler;
import dev.holdfast.reconcile.TrimmedItemStore;
import dev.holdfast.reconcile.decode.FaultTolerantClient;
import dev.holdfast.telemetry.OperatorMeters;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.Cloner;
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

/** The operator, wired: from a client to a running controller. */
final class OperatorService implements AutoCloseable {
    private static final Duration LAST_WRITES = Duration.ofSeconds(5);
    /** A big cluster behind a slow line takes its time; an operator that gave up would begin with the same lists again. */
    private static final Duration FIRST_LISTS = Duration.ofMinutes(30);

    /** How long the counts of a device class may lag behind the nodes' reports. */
    private static final Duration COUNTED_EVERY = Duration.ofSeconds(10);

    /** Each holds a copy of its VM and an answer of the API server, of up to some MiB. */
    private static final int AT_ONCE = 20;

    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

    private final KubernetesClient client;
    private final Optional<LeaderElection> election;
    private final Operator operator;
    private final PassthroughVMReconciler reconciler;
    private final ScheduledExecutorService counts = Executors.newSingleThreadScheduledExecutor(
            Thread.ofPlatform().name("device-classes").daemon().factory());
    /** A start under way is waited for before it is undone. */
    private final ReentrantLock starting = new ReentrantLock();

    private volatile boolean accessChecked;
    private volatile boolean closed;

    /**
     * Ready to {@link #start()}.
     *
     * @param client   closed with this
     * @param instance the replica's name in Events
     * @param election started and closed with this; empty when no other replica runs
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
        meters.leads(this::leads);
        operator = new Operator(overrider -> overrider
                .withKubernetesClient(client)
                .withCloseClientOnStop(false)
                .withResourceCloner(new Cloner() {
                    @Override
                    public <R extends HasMetadata> R clone(R object) {
                        return FaultTolerantClient.copy(client.getKubernetesSerialization(), object);
                    }
                })
                .withUseSSAToPatchPrimaryResource(true)
                .withReconciliationTerminationTimeout(LAST_WRITES)
                .withCacheSyncTimeout(FIRST_LISTS)
                .withConcurrentReconciliationThreads(AT_ONCE)
                .withMetrics(MicrometerMetricsV2.newBuilder(registry).build()));
        reconciler = new PassthroughVMReconciler(defaults, new EventRecorder(client, instance, clock), meters, clock);
        operator.register(
                reconciler,
                controller -> controller
                        .withRetry(retry())
                        .withItemStore(TrimmedItemStore.create())
                        .withInformerListLimit(TrimmedItemStore.LIST_LIMIT));
    }

    /**
     * Returns when this replica leads and its caches are filled, or when it was closed before that.
     *
     * @return whether it works now
     * @throws RuntimeException when the API server does not let it watch
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
                operator.start();
                reconciler.countVms();
                counts.scheduleWithFixedDelay(
                        reconciler.deviceClassStatuses(client),
                        COUNTED_EVERY.toMillis(),
                        COUNTED_EVERY.toMillis(),
                        TimeUnit.MILLISECONDS);
            }
            return !closed;
        } finally {
            starting.unlock();
        }
    }

    /** What keeps it from working, or from standing by; empty when nothing does. */
    Optional<String> notReady() {
        if (election.isPresent() && !election.get().isLeader()) {
            return accessChecked ? election.get().notReady() : Optional.of("the API server has not answered yet");
        }
        if (!operator.getRuntimeInfo().isStarted()) {
            return Optional.of("the caches are not yet filled; wait for the API server's answers");
        }
        return operator.getRuntimeInfo().allEventSourcesAreHealthy()
                ? Optional.empty()
                : Optional.of("a watch of the API server is broken: "
                        + operator.getRuntimeInfo().unhealthyEventSources().keySet());
    }

    private boolean leads() {
        return election.map(LeaderElection::isLeader)
                .orElseGet(() -> operator.getRuntimeInfo().isStarted());
    }

    /** First the reconciliations under way, then the Lease, last the client that both need. */
    @Override
    public void close() {
        closed = true;
        counts.shutdownNow();
        boolean idle = waitForStart();
        try {
            operator.stop();
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

    /** Never gives up: an API server that was away for an hour is no reason to forget a VM. */
    private static GenericRetry retry() {
        return new GenericRetry()
                .setInitialInterval(FIRST_RETRY)
                .setMaxInterval(LONGEST_RETRY.toMillis())
                .withoutMaxAttempts();
    }
}
