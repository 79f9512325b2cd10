package dev.holdfast.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What the agent counts. To Prometheus: {@code holdfast_grants_total}, {@code holdfast_grant_waits_total},
 * {@code holdfast_grant_refusals_total{reason}}, {@code holdfast_grant_seconds},
 * {@code holdfast_binds_total{result}}, {@code holdfast_bind_seconds{result}}, {@code holdfast_vm_locked_bytes}, {@code holdfast_vm_pinned_bytes} and {@code holdfast_vm_memlock_limit_bytes}
 * with {@code namespace} and {@code name}.
 */
public final class AgentMeters {
    private static final long NO_LIMIT = -1;

    private final MeterRegistry registry;
    private final Counter grants;
    private final Counter waits;
    private final Timer time;
    private final Counter relevantUevents;
    private final Counter otherUevents;
    private final Counter ueventsLost;
    private final Timer busChange;
    private final Timer scan;
    private final MultiGauge locked;
    private final MultiGauge pinned;
    private final MultiGauge limit;

    /**
     * The memory account of a running VM.
     *
     * @param lockedBytes VmLck
     * @param pinnedBytes VmPin
     * @param limitBytes  as applied; -1 for unlimited, which becomes infinity, so that limit less locked is what is left
     */
    public record VmMemory(String namespace, String name, long lockedBytes, long pinnedBytes, long limitBytes) {}

    public AgentMeters(MeterRegistry registry) {
        this.registry = registry;
        grants = Counter.builder("holdfast.grants")
                .description("Memlock limits applied")
                .register(registry);
        waits = Counter.builder("holdfast.grant.waits")
                .description("Requests for a grant answered with: not yet")
                .register(registry);
        time = Timer.builder("holdfast.grant")
                .description("From a complete request to its answer, API reads included")
                .register(registry);
        relevantUevents = uevents(registry, true);
        otherUevents = uevents(registry, false);
        ueventsLost = Counter.builder("holdfast.uevents.lost")
                .description("Times that the kernel had more to tell than was taken; each leads to a scan")
                .register(registry);
        busChange = Timer.builder("holdfast.bus.change")
                .description("From the first uevent of a change on the bus until the node's report says so")
                .register(registry);
        scan = Timer.builder("holdfast.scan")
                .description("Reading all PCI functions of the node")
                .register(registry);
        locked = gauge("holdfast.vm.locked", "VmLck: memory that VFIO has locked for the VM");
        pinned = gauge("holdfast.vm.pinned", "VmPin: memory that iommufd or vhost-vdpa has pinned for the VM");
        limit = gauge("holdfast.vm.memlock.limit", "RLIMIT_MEMLOCK as applied");
    }

    /** A limit is in force. */
    public void granted() {
        grants.increment();
    }

    /** A launcher has to ask again. */
    public void waited() {
        waits.increment();
    }

    /**
     * Somebody was sent away for good.
     *
     * @param reason CamelCase, from a fixed set
     */
    public void refused(String reason) {
        Counter.builder("holdfast.grant.refusals")
                .description("Requests for a grant refused")
                .tag("reason", reason)
                .register(registry)
                .increment();
    }

    /** How long an answer took, whichever it was. */
    public void answered(Duration took) {
        time.record(took);
    }

    /**
     * The kernel told of a device, a driver or a module.
     *
     * @param relevant whether it has to do with what is passed through
     */
    public void uevent(boolean relevant) {
        (relevant ? relevantUevents : otherUevents).increment();
    }

    /** The kernel told more than was taken in time. */
    public void ueventsLost() {
        ueventsLost.increment();
    }

    /** A change on the bus is in the node's report: how long after the kernel told of it. */
    public void busChangeReported(Duration took) {
        busChange.record(took);
    }

    /** All PCI functions were read. */
    public void scanned(Duration took) {
        scan.record(took);
    }

    /**
     * An attempt to bind a group, or to give it back, has ended.
     *
     * @param result Bound, InUse, Failed or Restored
     */
    public void bind(String result, Duration took) {
        Counter.builder("holdfast.binds")
                .description("Attempts to bind groups of devices or to give them back")
                .tag("result", result)
                .register(registry)
                .increment();
        Timer.builder("holdfast.bind")
                .description("How long an attempt to bind a group, or to give it back, took")
                .tag("result", result)
                .register(registry)
                .record(took);
    }

    /** All VMs of the node; those that are missing from the list lose their gauges. */
    public void vms(List<VmMemory> vms) {
        locked.register(rows(vms, VmMemory::lockedBytes), true);
        pinned.register(rows(vms, VmMemory::pinnedBytes), true);
        limit.register(rows(vms, vm -> vm.limitBytes() == NO_LIMIT ? Double.POSITIVE_INFINITY : vm.limitBytes()), true);
    }

    private static Counter uevents(MeterRegistry registry, boolean relevant) {
        return Counter.builder("holdfast.uevents")
                .description("Uevents of the kernel, by whether they have to do with what is passed through")
                .tag("relevant", Boolean.toString(relevant))
                .register(registry);
    }

    private MultiGauge gauge(String name, String description) {
        return MultiGauge.builder(name)
                .description(description)
                .baseUnit("bytes")
                .register(registry);
    }

    private static List<Row<?>> rows(List<VmMemory> vms, ToDoubleFunction<VmMemory> value) {
        return vms.stream()
                .<Row<?>>map(vm ->
                        Row.of(Tags.of("namespace", vm.namespace(), "name", vm.name()), () -> value.applyAsDouble(vm)))
                .toList();
    }
}
