package dev.holdfast.telemetry;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;

/**
 * Meters of the agent; {@code docs/monitoring.md} has the table, and a test compares it with the meters registered
 * here. Labels are bounded: results and reasons are from enums, classes are those that exist, and a VM has gauges only
 * as long as it runs here.
 */
public final class AgentMeters {
    /** Plural names of the kinds that an agent watches. */
    private static final Set<String> WATCHED = Set.of("classes", "nodes", "slices");

    private final MeterRegistry registry;
    private final GrantMeters grants;
    private final Map<String, Counter> fallbacks;
    private final Map<String, Counter> undecodable;
    private final Timer scans;
    private final Counter relevantUevents;
    private final Counter otherUevents;
    private final Counter ueventsLost;
    private final Timer busChange;
    private final MultiGauge devices;
    private final AtomicInteger viableGroups = new AtomicInteger();
    private final AtomicInteger otherGroups = new AtomicInteger();
    private final AtomicLong reported = new AtomicLong();
    private final BindMeters binds;
    private final ClaimMeters claims;
    private final RegistrationMeters registrations;
    private final SliceMeters slices;
    private final VmMemoryGauges vms;

    /**
     * Class and state of a device.
     *
     * @param deviceClass class that offers the device; empty for none
     * @param state       as in the node report
     */
    public record DeviceKind(String deviceClass, String state) {}

    public AgentMeters(MeterRegistry registry) {
        this.registry = registry;
        grants = new GrantMeters(registry);
        fallbacks =
                byKind("holdfast.watch.fallbacks", "Lists because a watch was refused, failed or fell behind, by kind");
        undecodable = byKind("holdfast.undecodable.objects", "Objects skipped because they cannot be decoded, by kind");
        scans = Timer.builder("holdfast.scan")
                .description("Scans of the whole PCI bus")
                .register(registry);
        relevantUevents = uevents(registry, true);
        otherUevents = uevents(registry, false);
        ueventsLost = Counter.builder("holdfast.uevents.lost")
                .description("Uevents lost to receive buffer overruns; each overrun leads to a scan")
                .register(registry);
        busChange = Timer.builder("holdfast.bus.change")
                .description("Time from the first uevent of a change on the bus until the node report has it")
                .register(registry);
        devices = MultiGauge.builder("holdfast.devices")
                .description("PCI functions by class and state")
                .register(registry);
        groups("true", viableGroups);
        groups("false", otherGroups);
        Gauge.builder("holdfast.node.report.timestamp", reported, AtomicLong::get)
                .description("Unix time at which the API server last had the current report of this node; 0 until then")
                .baseUnit("seconds")
                .register(registry);
        binds = new BindMeters(registry);
        claims = new ClaimMeters(registry);
        registrations = new RegistrationMeters(registry);
        slices = new SliceMeters(registry);
        vms = new VmMemoryGauges(registry);
    }

    /** Counts a grant whose limit is in force. */
    public void granted(Duration took) {
        grants.granted(took);
    }

    /** Counts a request that has to be retried. */
    public void waited(Duration took) {
        grants.waited(took);
    }

    /**
     * Registers {@code holdfast_grant_refusals_total{reason}} at 0.
     *
     * @param reasons all that {@link #refused} is called with
     */
    public void countRefusals(Collection<String> reasons) {
        grants.countRefusals(reasons);
    }

    /**
     * Counts a refused request.
     *
     * @param reason CamelCase, from a fixed set
     */
    public void refused(String reason, Duration took) {
        grants.refused(reason, took);
    }

    /**
     * Counts a list of a collection after its watch was refused, failed or fell too far behind.
     *
     * @param kind plural, from a fixed set
     */
    public void watchFellBack(String kind) {
        Objects.requireNonNull(fallbacks.get(kind)).increment();
    }

    /**
     * Counts an object that is skipped because it cannot be decoded.
     *
     * @param kind plural, from a fixed set
     */
    public void undecodable(String kind) {
        Objects.requireNonNull(undecodable.get(kind)).increment();
    }

    /** Records a scan of all PCI functions. */
    public void scanned(Duration took) {
        scans.record(took);
    }

    /**
     * Counts a registration of a class with the kubelet.
     *
     * @param deviceClass name of an existing class
     * @param accepted    whether the kubelet accepted it
     */
    public void registered(String deviceClass, boolean accepted) {
        registrations.plugin(deviceClass, accepted);
    }

    /** Sets for each device plugin, by class, whether it is registered; plugins that are missing lose their gauges. */
    public void pluginsRegistered(Map<String, Boolean> plugins) {
        registrations.plugins(plugins);
    }

    /** Sets the time at which the API server had the current report of the node. */
    public void nodeReported(Instant now) {
        reported.set(now.getEpochSecond());
    }

    /** Counts an answer of the kubelet to the registration of the DRA driver. */
    public void driverRegistered(boolean accepted) {
        registrations.driver(accepted);
    }

    /**
     * Records a request to prepare a ResourceClaim.
     *
     * @param result prepared, refused or failed
     */
    public void claimPrepared(String result, Duration took) {
        claims.prepared(result, took);
    }

    /** Counts a request to unprepare a ResourceClaim. */
    public void claimUnprepared(boolean done) {
        claims.unprepared(done);
    }

    /**
     * Sets the counts of devices; kinds that are missing lose their gauges.
     *
     * @param functions number of functions of each kind
     * @param viable    number of viable groups
     * @param others    number of other groups
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
     * Counts a uevent about a device, a driver or a module.
     *
     * @param relevant whether it is about devices that can be passed through
     */
    public void uevent(boolean relevant) {
        (relevant ? relevantUevents : otherUevents).increment();
    }

    /** Counts an overrun of the receive buffer of uevents. */
    public void ueventsLost() {
        ueventsLost.increment();
    }

    /** Records the time from the first uevent of a change until the node report has it. */
    public void busChangeReported(Duration took) {
        busChange.record(took);
    }

    /**
     * Records an attempt to bind a group, or to give it back.
     *
     * @param result Bound, InUse, Failed or Restored
     */
    public void bind(String result, Duration took) {
        binds.record(result, took);
    }

    /** Returns the meters of the ResourceSlices of this node. */
    public SliceMeters slices() {
        return slices;
    }

    /** Sets the memory of all VMs of the node; VMs that are missing lose their gauges. */
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
                .description("Uevents of the kernel, by whether they are about devices that can be passed through")
                .tag("relevant", Boolean.toString(relevant))
                .register(registry);
    }

    private void groups(String viable, AtomicInteger count) {
        registry.gauge("holdfast.iommu.groups", Tags.of("viable", viable), count);
    }
}
