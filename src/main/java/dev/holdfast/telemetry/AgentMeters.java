package dev.holdfast.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/**
 * What the agent counts; {@code docs/monitoring.md} has the table, and a test holds it against what is registered here.
 * Labels are bounded: results and reasons come from enums, classes are those that exist, and a VM has gauges only as
 * long as it runs here.
 */
public final class AgentMeters {
    /** The kinds that an agent watches. */
    private static final Set<String> WATCHED = Set.of("classes", "nodes");

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(100),
        Duration.ofMillis(500),
        Duration.ofSeconds(2),
        Duration.ofSeconds(5)
    };

    private final MeterRegistry registry;
    private final Counter grants;
    private final Counter waits;
    private final Map<String, Counter> fallbacks;
    private final Map<String, Counter> undecodable;
    private final Timer granting;
    private final Timer waiting;
    private final Timer refusing;
    private final Timer scans;
    private final Counter relevantUevents;
    private final Counter otherUevents;
    private final Counter ueventsLost;
    private final Timer busChange;
    private final MultiGauge devices;
    private final AtomicInteger viableGroups = new AtomicInteger();
    private final AtomicInteger otherGroups = new AtomicInteger();
    private final VmMemoryGauges vms;

    /**
     * Devices that are alike.
     *
     * @param deviceClass the class that offers them; empty for none
     * @param state       as in the node's report
     */
    public record DeviceKind(String deviceClass, String state) {}

    public AgentMeters(MeterRegistry registry) {
        this.registry = registry;
        grants = Counter.builder("holdfast.grants")
                .description("Memlock limits applied")
                .register(registry);
        waits = Counter.builder("holdfast.grant.waits")
                .description("Requests for a grant answered with: not yet")
                .register(registry);
        fallbacks = byKind("holdfast.watch.fallbacks", "Lists made because a watch was refused, broke or fell behind");
        undecodable = byKind("holdfast.undecodable.objects", "Objects left out because they cannot be decoded");
        granting = grantTimer("granted");
        waiting = grantTimer("waiting");
        refusing = grantTimer("refused");
        scans = Timer.builder("holdfast.scan")
                .description("Looks at the whole PCI bus")
                .register(registry);
        relevantUevents = uevents(registry, true);
        otherUevents = uevents(registry, false);
        ueventsLost = Counter.builder("holdfast.uevents.lost")
                .description("Times that the kernel had more to tell than was taken; each leads to a scan")
                .register(registry);
        busChange = Timer.builder("holdfast.bus.change")
                .description("From the first uevent of a change on the bus until the node's report says so")
                .register(registry);
        devices = MultiGauge.builder("holdfast.devices")
                .description("PCI functions by class and state")
                .register(registry);
        groups("true", viableGroups);
        groups("false", otherGroups);
        vms = new VmMemoryGauges(registry);
    }

    /** A limit is in force. */
    public void granted(Duration took) {
        grants.increment();
        granting.record(took);
    }

    /** A launcher has to ask again. */
    public void waited(Duration took) {
        waits.increment();
        waiting.record(took);
    }

    /**
     * Somebody was sent away for good.
     *
     * @param reason CamelCase, from a fixed set
     */
    public void refused(String reason, Duration took) {
        Counter.builder("holdfast.grant.refusals")
                .description("Requests for a grant refused")
                .tag("reason", reason)
                .register(registry)
                .increment();
        refusing.record(took);
    }

    /**
     * A collection has to be listed again, since its watch was refused, broke or fell too far behind.
     *
     * @param kind plural, from a fixed set
     */
    public void watchFellBack(String kind) {
        Objects.requireNonNull(fallbacks.get(kind)).increment();
    }

    /**
     * An object was left out, since it cannot be decoded.
     *
     * @param kind plural, from a fixed set
     */
    public void undecodable(String kind) {
        Objects.requireNonNull(undecodable.get(kind)).increment();
    }

    /** All PCI functions were read. */
    public void scanned(Duration took) {
        scans.record(took);
    }

    /**
     * A class was, or was not, made known to the kubelet.
     *
     * @param deviceClass one that exists
     */
    public void registered(String deviceClass, boolean taken) {
        Counter.builder("holdfast.plugin.registrations")
                .description("Registrations of device plugins at the kubelet")
                .tag("class", deviceClass)
                .tag("result", taken ? "ok" : "error")
                .register(registry)
                .increment();
    }

    /**
     * All that is on the bus; kinds that are missing lose their gauges.
     *
     * @param functions how many there are of each kind
     * @param viable    groups that can be passed through as they are
     * @param others    groups that cannot
     */
    public void devices(Map<DeviceKind, Integer> functions, int viable, int others) {
        devices.register(
                functions.entrySet().stream()
                        .<Row<?>>map(kind -> Row.of(
                                Tags.of(
                                        "class", kind.getKey().deviceClass(),
                                        "state", kind.getKey().state()),
                                kind.getValue()))
                        .toList(),
                true);
        viableGroups.set(viable);
        otherGroups.set(others);
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
    public void vms(List<VmMemory> all) {
        vms.update(all);
    }

    private Map<String, Counter> byKind(String name, String description) {
        return WATCHED.stream()
                .collect(Collectors.toUnmodifiableMap(
                        kind -> kind,
                        kind -> Counter.builder(name)
                                .description(description)
                                .tag("kind", kind)
                                .register(registry)));
    }

    private static Counter uevents(MeterRegistry registry, boolean relevant) {
        return Counter.builder("holdfast.uevents")
                .description("Uevents of the kernel, by whether they have to do with what is passed through")
                .tag("relevant", Boolean.toString(relevant))
                .register(registry);
    }

    private Timer grantTimer(String result) {
        return Timer.builder("holdfast.grant")
                .description("From a complete request to its answer, API reads included")
                .tag("result", result)
                .serviceLevelObjectives(BUCKETS)
                .register(registry);
    }

    private void groups(String viable, AtomicInteger count) {
        registry.gauge("holdfast.iommu.groups", Tags.of("viable", viable), count);
    }
}
