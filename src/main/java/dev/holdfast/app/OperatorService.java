package dev.holdfast.app;

import dev.holdfast.plan.Defaults;
import dev.holdfast.reconcile.EventRecorder;
import dev.holdfast.reconcile.PassthroughVMReconciler;
import dev.holdfast.telemetry.OperatorMeters;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.monitoring.micrometer.MicrometerMetricsV2;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;

/** The operator, wired: from a client to a running controller. */
final class OperatorService implements AutoCloseable {
    private static final Duration LAST_WRITES = Duration.ofSeconds(5);
    private static final Duration FIRST_RETRY = Duration.ofMillis(500);
    private static final Duration LONGEST_RETRY = Duration.ofMinutes(1);

    private final Operator operator;

    /**
     * Ready to {@link #start()}.
     *
     * @param client   closed with this
     * @param instance the replica's name in Events
     */
    OperatorService(KubernetesClient client, Defaults defaults, String instance, MeterRegistry meters, Clock clock) {
        operator = new Operator(overrider -> overrider
                .withKubernetesClient(client)
                .withCloseClientOnStop(true)
                .withUseSSAToPatchPrimaryResource(true)
                .withReconciliationTerminationTimeout(LAST_WRITES)
                .withMetrics(MicrometerMetricsV2.newBuilder(meters).build()));
        operator.register(
                new PassthroughVMReconciler(
                        defaults, new EventRecorder(client, instance, clock), new OperatorMeters(meters), clock),
                controller -> controller.withRetry(retry()));
    }

    /** Returns when the caches are filled. */
    void start() {
        operator.start();
    }

    /** What keeps it from working; empty when it does. */
    Optional<String> notReady() {
        if (!operator.getRuntimeInfo().isStarted()) {
            return Optional.of("the caches are not yet filled; wait for the API server's answers");
        }
        return operator.getRuntimeInfo().allEventSourcesAreHealthy()
                ? Optional.empty()
                : Optional.of("a watch of the API server is broken: "
                        + operator.getRuntimeInfo().unhealthyEventSources().keySet());
    }

    @Override
    public void close() {
        operator.stop();
    }

    /** Never gives up: an API server that was away for an hour is no reason to forget a VM. */
    private static GenericRetry retry() {
        return new GenericRetry()
                .setInitialInterval(FIRST_RETRY)
                .setMaxInterval(LONGEST_RETRY.toMillis())
                .withoutMaxAttempts();
    }
}
