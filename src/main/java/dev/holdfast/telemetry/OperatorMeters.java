package dev.holdfast.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Collection;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/** Meters of the operator, without those of its framework. */
public final class OperatorMeters {
    /** Buckets in whole seconds: three of the phases are known in no finer unit. */
    private static final Duration[] START_BUCKETS = Stream.of(1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
            .map(Duration::ofSeconds)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final Counter modelBelowMeasurement;
    private final Counter pods;

    public OperatorMeters(MeterRegistry registry) {
        this.registry = registry;
        // Registered at once, at 0: an alert on the increase of a counter misses its first appearance.
        pods = Counter.builder("holdfast.vm.pods")
                .description("VM pods created")
                .register(registry);
        modelBelowMeasurement = Counter.builder("holdfast.memlock.model.below.measurement")
                .description(
                        "VM pods for which the launcher measured more locked memory than the memlock plan requires")
                .register(registry);
    }

    /**
     * Registers {@code holdfast_vms{phase}}: the number of VMs in each phase, counted at each scrape.
     *
     * @param count returns the number of VMs in a phase; called on any thread
     */
    public void countVms(Collection<String> phases, ToDoubleFunction<String> count) {
        phases.forEach(phase -> Gauge.builder("holdfast.vms", phase, count)
                .description("VMs by phase")
                .tag("phase", phase)
                .strongReference(true)
                .register(registry));
    }

    /**
     * Registers {@code holdfast_vms_not_ready{phase,reason}}, {@code
     * holdfast_vms_not_ready_oldest_timestamp_seconds{phase,reason}} and {@code holdfast_vms_crash_looping}.
     */
    public NotReadyMeters countNotReady() {
        return new NotReadyMeters(registry);
    }

    /**
     * Registers {@code holdfast_undecodable_objects{kind}}: the number of objects of a kind that cannot be decoded,
     * counted at each scrape.
     *
     * @param count called on any thread
     */
    public void countUndecodable(String kind, Supplier<Number> count) {
        Gauge.builder("holdfast.undecodable.objects", count)
                .description("Objects with a part that cannot be decoded, by kind; the log names them")
                .tag("kind", kind)
                .strongReference(true)
                .register(registry);
    }

    /**
     * Registers {@code holdfast_operator_leader}: 1 when this replica is active, 0 when it is on standby.
     *
     * @param leads called on any thread
     */
    public void leads(BooleanSupplier leads) {
        Gauge.builder("holdfast.operator.leader", leads, asked -> asked.getAsBoolean() ? 1 : 0)
                .description("1 for the active replica, which holds the Lease; 0 for a standby replica")
                .strongReference(true)
                .register(registry);
    }

    /**
     * Registers {@code reconciliations_success_total{controller_name}} and {@code reconciliations_failure_total} of the
     * operator framework at 0, which registers each only with its first event.
     */
    public void countReconciliations(String controller) {
        Stream.of("reconciliations.success.total", "reconciliations.failure.total")
                .forEach(name ->
                        Counter.builder(name).tag("controller.name", controller).register(registry));
    }

    /** Counts in {@code holdfast_vm_pods_total}. Its name cannot end in "created": Prometheus reserves that suffix. */
    public void podCreated() {
        pods.increment();
    }

    /**
     * Registers {@code holdfast_vm_start_seconds{phase}} at 0, so that the rate of the first start is known.
     *
     * @param phases all that {@link #started} is called with
     */
    public void countStarts(Collection<String> phases) {
        phases.forEach(this::startTimer);
    }

    /**
     * Records in {@code holdfast_vm_start_seconds{phase}} the time that a phase took of a start that led to a running
     * QEMU.
     */
    public void started(String phase, Duration took) {
        startTimer(phase).record(took);
    }

    private Timer startTimer(String phase) {
        return Timer.builder("holdfast.vm.start")
                .description(
                        "Duration of VM starts from the creation of the pod until QEMU runs, by phase and in total")
                .tag("phase", phase)
                .serviceLevelObjectives(START_BUCKETS)
                .register(registry);
    }

    /** Counts in {@code holdfast_memlock_model_below_measurement_total}. */
    public void modelBelowMeasurement() {
        modelBelowMeasurement.increment();
    }

    /**
     * Registers {@code holdfast_vm_warnings_total{reason}} at 0, so that the first warning is an increase.
     *
     * @param reasons all that {@link #warned} is called with
     */
    public void countWarnings(Collection<String> reasons) {
        reasons.forEach(this::warnings);
    }

    /** Counts in {@code holdfast_vm_warnings_total{reason}} a Warning Event about a VM. */
    public void warned(String reason) {
        warnings(reason).increment();
    }

    private Counter warnings(String reason) {
        return Counter.builder("holdfast.vm.warnings")
                .description("Warning Events about VMs, by reason")
                .tag("reason", reason)
                .register(registry);
    }
}
