package dev.holdfast.agent.loop;

import dev.holdfast.agent.DeviceClass;
import dev.holdfast.agent.DeviceGroup;
import dev.holdfast.agent.GroupFunctions;
import dev.holdfast.agent.Groups;
import dev.holdfast.agent.Inventory;
import dev.holdfast.agent.Platform;
import dev.holdfast.agent.Quarantine;
import dev.holdfast.agent.bind.Binder;
import dev.holdfast.agent.plugin.CdiDirectory;
import dev.holdfast.agent.plugin.DevicePlugins;
import dev.holdfast.agent.plugin.PluginDevice;
import dev.holdfast.agent.report.DeviceCounts;
import dev.holdfast.agent.report.NodeReport;
import dev.holdfast.agent.report.NodeReporter;
import dev.holdfast.api.PassthroughNodeStatus;
import dev.holdfast.api.PassthroughNodeStatus.Grant;
import dev.holdfast.host.ConfigSpace;
import dev.holdfast.host.PciAddress;
import dev.holdfast.host.PciScan;
import dev.holdfast.host.Sysfs;
import dev.holdfast.telemetry.AgentMeters;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One round: look at the bus, sort, offer, report. A round asks for the whole state and changes what differs, so it may
 * be run at any time and as often as one likes: whenever something is heard to have changed, and by the clock only where
 * nothing tells. Used by one thread; {@link #functions}, {@link #busChanged}, {@link #unfinishedSince} and {@link #hasFinished}
 * are for any.
 */
public final class AgentLoop implements Groups {
    private static final Logger log = LoggerFactory.getLogger(AgentLoop.class);

    /** A safety net: the kernel tells of every change by itself. */
    private static final Duration RESCAN = Duration.ofMinutes(10);

    /** After a round that failed; doubled with each that fails again. */
    private static final Duration RETRY = Duration.ofSeconds(1);

    private static final Duration LONGEST_RETRY = Duration.ofSeconds(30);

    /** Nobody tells when the kubelet has freed what a pod held, so it is asked while something is held without a grant. */
    private static final Duration ASK_KUBELET = Duration.ofSeconds(5);

    private final Sysfs sysfs;
    private final ConfigSpace config;
    private final Quarantine quarantine;
    private final boolean allowEmulation;
    private final String bootID;
    private final Supplier<Optional<List<DeviceClass>>> classes;
    private final HeldGroups kubelet;
    private final CdiDirectory cdi;
    private final Binder binder;
    private final DevicePlugins plugins;
    private final NodeReporter reporter;
    private final LiveGrants grants;
    private final AgentMeters meters;
    private final Clock clock;
    private final Set<String> known = new HashSet<>();
    private final AtomicReference<@Nullable Long> busChange = new AtomicReference<>();

    private PciScan scan = PciScan.EMPTY;
    private Platform platform = Platform.UNSEEN;
    private Map<String, String> held = Map.of();
    /** IDs of the groups that pods hold or processes were granted; null before the first look. */
    private @Nullable Set<String> busy;

    private @Nullable Instant scanned;
    private Duration retry = RETRY;
    private boolean restored;
    private volatile Inventory inventory = Inventory.EMPTY;
    private volatile @Nullable Instant unfinishedSince;
    private volatile boolean finished;

    /** Class by group ID of everything that pods hold, in the kubelet's words. */
    @FunctionalInterface
    public interface HeldGroups {
        Map<String, String> held() throws IOException;
    }

    /** The grants of this node, as far as the loop has to know of them. */
    public interface LiveGrants {
        /** Those of running processes. */
        List<Grant> live();

        /**
         * Called before the first {@link #live}, until it succeeds, with what an agent before this one left in the API.
         *
         * @param left grants of this boot; their processes may be gone
         * @throws IOException with a sentence for a person
         */
        void restore(List<Grant> left) throws IOException;

        /** Called when the API server has these grants. */
        void reported(List<Grant> live);
    }

    /**
     * Nothing happens before the first {@link #round}.
     *
     * @param classes of this node; empty while they are not known yet
     */
    public AgentLoop(
            Sysfs sysfs,
            boolean allowEmulation,
            String bootID,
            Supplier<Optional<List<DeviceClass>>> classes,
            HeldGroups kubelet,
            CdiDirectory cdi,
            Binder binder,
            DevicePlugins plugins,
            NodeReporter reporter,
            LiveGrants grants,
            AgentMeters meters,
            Clock clock) {
        this.sysfs = sysfs;
        this.config = new ConfigSpace(sysfs.root());
        this.quarantine = new Quarantine(config, clock);
        this.allowEmulation = allowEmulation;
        this.bootID = bootID;
        this.classes = classes;
        this.kubelet = kubelet;
        this.cdi = cdi;
        this.binder = binder;
        this.plugins = plugins;
        this.reporter = reporter;
        this.grants = grants;
        this.meters = meters;
        this.clock = clock;
        this.unfinishedSince = clock.instant();
    }

    /**
     * {@inheritDoc}
     *
     * <p>The device is asked at this moment, too: between the end of one VM and the start of the next there may have been
     * no round.
     */
    @Override
    public Optional<GroupFunctions> functions(String groupId) {
        return inventory
                .functions(groupId)
                .filter(group ->
                        group.pciAddresses().stream().map(PciAddress::parse).allMatch(config::answers));
    }

    /**
     * The next round shall read the bus anew.
     *
     * @param since {@link System#nanoTime} when the kernel first told of a change
     */
    public void busChanged(long since) {
        busChange.compareAndSet(null, since);
    }

    /**
     * Since when no round has come to its end with everything offered and reported; empty when the last one has, and
     * none is under way.
     */
    public Optional<Instant> unfinishedSince() {
        return Optional.ofNullable(unfinishedSince);
    }

    /** Whether a round has ever come to its end. */
    public boolean hasFinished() {
        return finished;
    }

    /**
     * One round. What fails is logged, once for the same words, and tried again in the next.
     *
     * @return when the next has to be, though nothing should change until then
     */
    public Duration round() {
        if (unfinishedSince == null) {
            unfinishedSince = clock.instant();
        }
        List<DeviceClass> now = classes.get().orElse(null);
        if (now == null) {
            return RESCAN;
        }
        Set<String> problems = new HashSet<>();
        Long toldAt = busChange.getAndSet(null);
        Duration next = LONGEST_RETRY;
        try {
            if (binder.takeIn()) {
                scanned = null;
            }
            boolean whole = look(now, toldAt != null, problems);
            examine();
            binder.round(inventory, now, whole && restored ? holders() : null);
            cdi.write(offered(), platform.kvm());
            plugins.offer(devices(now));
            restoreGrants();
            List<Grant> live = grants.live();
            NodeReport report = report(live);
            DeviceCounts.tell(report.devices(), meters);
            next = earlier(RESCAN, reporter.report(report));
            grants.reported(live);
            binder.done();
            if (toldAt != null) {
                meters.busChangeReported(Duration.ofNanos(System.nanoTime() - toldAt));
            }
            finished = true;
            unfinishedSince = null;
            next = earlier(next, whole && plugins.allRegistered() ? calm() : backOff());
        } catch (IOException | KubernetesClientException e) {
            problems.add(Objects.toString(e.getMessage(), e.toString()));
            if (toldAt != null) {
                busChange.compareAndSet(null, toldAt);
            }
            next = backOff();
        }
        tell(problems);
        return next;
    }

    /** Whether all is known, what the kubelet has handed out included. */
    private boolean look(List<DeviceClass> now, boolean changed, Set<String> problems) throws IOException {
        Instant time = clock.instant();
        if (scanned == null || changed || !time.isBefore(scanned.plus(RESCAN))) {
            long start = System.nanoTime();
            scan = sysfs.scan();
            meters.scanned(Duration.ofNanos(System.nanoTime() - start));
            platform = Platform.of(sysfs, allowEmulation);
            scanned = time;
        }
        boolean whole = true;
        try {
            held = kubelet.held();
        } catch (IOException e) {
            problems.add(Objects.toString(e.getMessage(), e.toString()));
            whole = false;
        }
        inventory = Inventory.of(scan, now, held, inventory);
        problems.addAll(scan.problems());
        problems.addAll(inventory.problems());
        Optional.ofNullable(platform.obstacle()).ifPresent(problems::add);
        return whole;
    }

    /** Asks the groups that were given back whether they answer, at first all that nobody holds. */
    private void examine() {
        Set<String> busyNow = report(grants.live()).busy();
        Map<String, DeviceGroup> free = new TreeMap<>();
        inventory.groups().forEach((id, group) -> {
            if (group.present()
                    && group.deviceClass() != null
                    && !busyNow.contains(id)
                    && binder.obstacle(id) == null) {
                free.put(id, group);
            }
        });
        free.forEach((id, group) -> {
            if (busy == null || busy.contains(id)) {
                quarantine.check(group);
            }
        });
        // A reset would tear the device from a process whose grant is not restored yet.
        if (restored) {
            quarantine.treat(free);
        }
        busy = busyNow;
    }

    private NodeReport report(List<Grant> live) {
        return new NodeReport(
                bootID, platform, inventory, held.keySet(), live, quarantine.sentences(), binder.bindings());
    }

    /** All went well: how soon to look although nothing is told. */
    private Duration calm() {
        retry = RETRY;
        Duration next =
                held.keySet().stream().allMatch(NodeReport.granted(grants.live())::contains) ? RESCAN : ASK_KUBELET;
        Instant now = clock.instant();
        return Stream.of(quarantine.nextTry(), binder.nextRound())
                .flatMap(Optional::stream)
                .map(due -> due.isAfter(now) ? Duration.between(now, due) : Duration.ZERO)
                .reduce(next, AgentLoop::earlier);
    }

    private Duration backOff() {
        Duration pause = retry;
        retry = earlier(pause.multipliedBy(2), LONGEST_RETRY);
        return pause;
    }

    private static Duration earlier(Duration one, Duration other) {
        return one.compareTo(other) <= 0 ? one : other;
    }

    /** IDs of groups and addresses of functions that somebody has. */
    private Set<String> holders() {
        Set<String> holders = new HashSet<>(held.keySet());
        grants.live().stream()
                .flatMap(grant -> grant.devices().stream())
                .forEach(device -> holders.addAll(device.pciAddresses()));
        return holders;
    }

    /** Grants of another boot are dropped: their processes are gone, and their pids may be others'. */
    private void restoreGrants() throws IOException {
        if (restored) {
            return;
        }
        PassthroughNodeStatus left = reporter.read();
        List<Grant> found = left == null || !bootID.equals(left.bootID()) ? null : left.grants();
        grants.restore(found == null ? List.of() : found);
        restored = true;
    }

    private List<DeviceGroup> offered() {
        return inventory.groups().values().stream()
                .filter(group -> group.deviceClass() != null && obstacle(group) == null)
                .toList();
    }

    private Map<String, List<PluginDevice>> devices(List<DeviceClass> now) {
        Map<String, List<PluginDevice>> devices = new TreeMap<>();
        now.forEach(deviceClass -> devices.put(deviceClass.name(), new ArrayList<>()));
        for (DeviceGroup group : inventory.groups().values()) {
            if (group.deviceClass() != null) {
                devices.computeIfAbsent(group.deviceClass(), any -> new ArrayList<>())
                        .add(new PluginDevice(
                                group.id().toString(), group.numaNode(), group.pcieRoot(), obstacle(group)));
            }
        }
        return devices;
    }

    private @Nullable String obstacle(DeviceGroup group) {
        String id = group.id().toString();
        return Stream.of(
                        platform.obstacle(),
                        binder.obstacle(id),
                        group.message(),
                        quarantine.sentences().get(id))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    private void tell(Set<String> problems) {
        known.retainAll(problems);
        problems.stream()
                .filter(known::add)
                .sorted()
                .forEach(problem -> log.atWarn().log(problem));
    }
}
