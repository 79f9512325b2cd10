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

/** The operator's own meters; those of its framework come from there. */
public final class OperatorMeters {
    /** Three of the phases are known in whole seconds only. */
    private static final Duration[] START_BUCKETS = Stream.of(1, 2, 3, 5, 10, 20, 30, 60, 120, 300, 600, 1800)
            .map(Duration::ofSeconds)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final Counter modelBelowMeasurement;

    public OperatorMeters(MeterRegistry registry) {
        this.registry = registry;
        // There from the start, at 0: an alert on a counter's increase misses its birth.
        modelBelowMeasurement = Counter.builder("holdfast.memlock.model.below.measurement")
                .description("VM pods of which the launcher measured more locked memory than the model counts")
                .register(registry);
    }

    /**
     * {@code holdfast_vms{phase}}: how many VMs are in each phase, counted when asked.
     *
     * @param count from a phase to its VMs; asked on any thread
     */
    public void countVms(Collection<String> phases, ToDoubleFunction<String> count) {
        phases.forEach(phase -> Gauge.builder("holdfast.vms", phase, count)
                .description("VMs by phase")
                .tag("phase", phase)
                .strongReference(true)
                .register(registry));
    }

    /**
     * {@code holdfast_undecodable_objects{kind}}: how many objects of a kind cannot be decoded, counted when asked.
     *
     * @param count asked on any thread
     */
    public void countUndecodable(String kind, Supplier<Number> count) {
        Gauge.builder("holdfast.undecodable.objects", count)
                .description("Objects of which a part cannot be decoded; the log names them")
                .tag("kind", kind)
                .strongReference(true)
                .register(registry);
    }

    /**
     * {@code holdfast_operator_leader}: 1 when this replica works, 0 when it stands by.
     *
     * @param leads asked on any thread
     */
    public void leads(BooleanSupplier leads) {
        Gauge.builder("holdfast.operator.leader", leads, asked -> asked.getAsBoolean() ? 1 : 0)
                .description("1 for the replica that reconciles, 0 for one that stands by")
                .strongReference(true)
                .register(registry);
    }

    /** {@code holdfast_vm_pods_total}; not "created", an ending that Prometheus keeps for itself. */
    public void podCreated() {
        Counter.builder("holdfast.vm.pods")
                .description("VM pods created")
                .register(registry)
                .increment();
    }

    /** {@code holdfast_vm_start_seconds{phase}}: what a start that led to a running QEMU spent its time on. */
    public void started(String phase, Duration took) {
        Timer.builder("holdfast.vm.start")
                .description("Starts of VMs, from the pod to the running QEMU, by phase and in total")
                .tag("phase", phase)
                .serviceLevelObjectives(START_BUCKETS)
                .register(registry)
                .record(took);
    }

    /** {@code holdfast_memlock_model_below_measurement_total}. */
    public void modelBelowMeasurement() {
        modelBelowMeasurement.increment();
    }

    /** {@code holdfast_vm_warnings_total{reason}}: what was told to users as a Warning event. */
    public void warned(String reason) {
        Counter.builder("holdfast.vm.warnings")
                .description("Warnings given about VMs, by reason")
                .tag("reason", reason)
                .register(registry)
                .increment();
    }
}
