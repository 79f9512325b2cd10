package dev.holdfast.agent.loop;

import dev.holdfast.agent.DeviceClass;
import dev.holdfast.agent.DeviceGroup;
import dev.holdfast.agent.GroupFunctions;
import dev.holdfast.agent.Groups;
import dev.holdfast.agent.Inventory;
import dev.holdfast.agent.Platform;
import dev.holdfast.agent.plugin.CdiDirectory;
import dev.holdfast.agent.plugin.DevicePlugins;
import dev.holdfast.agent.plugin.PluginDevice;
import dev.holdfast.agent.report.DeviceCounts;
import dev.holdfast.agent.report.NodeReport;
import dev.holdfast.agent.report.NodeReporter;
import dev.holdfast.api.PassthroughNodeStatus;
import dev.holdfast.api.PassthroughNodeStatus.Grant;
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
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One round: look at the bus, sort, offer, report. A round asks for the whole state and changes what differs, so it may
 * be run at any time and as often as one likes. Used by one thread; only {@link #functions} and {@link #lastRound} are
 * for any.
 */
public final class AgentLoop implements Groups {
    private static final Logger log = LoggerFactory.getLogger(AgentLoop.class);

    /** A safety net: reading the bus costs more than the rest of a round. */
    private static final Duration RESCAN = Duration.ofSeconds(30);

    private final Sysfs sysfs;
    private final boolean allowEmulation;
    private final String bootID;
    private final Supplier<Optional<List<DeviceClass>>> classes;
    private final HeldGroups kubelet;
    private final CdiDirectory cdi;
    private final DevicePlugins plugins;
    private final NodeReporter reporter;
    private final LiveGrants grants;
    private final AgentMeters meters;
    private final Clock clock;
    private final Set<String> known = new HashSet<>();

    private PciScan scan = new PciScan(List.of(), List.of());
    private Platform platform = new Platform(false, false, false, false);
    private Map<String, String> held = Map.of();
    private List<DeviceClass> classesBefore = List.of();
    private @Nullable Instant scanned;
    private boolean restored;
    private volatile Inventory inventory = Inventory.EMPTY;
    private volatile @Nullable Instant lastRound;

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
     * @param classes empty while they are not known yet
     */
    public AgentLoop(
            Sysfs sysfs,
            boolean allowEmulation,
            String bootID,
            Supplier<Optional<List<DeviceClass>>> classes,
            HeldGroups kubelet,
            CdiDirectory cdi,
            DevicePlugins plugins,
            NodeReporter reporter,
            LiveGrants grants,
            AgentMeters meters,
            Clock clock) {
        this.sysfs = sysfs;
        this.allowEmulation = allowEmulation;
        this.bootID = bootID;
        this.classes = classes;
        this.kubelet = kubelet;
        this.cdi = cdi;
        this.plugins = plugins;
        this.reporter = reporter;
        this.grants = grants;
        this.meters = meters;
        this.clock = clock;
    }

    @Override
    public Optional<GroupFunctions> functions(String groupId) {
        return inventory.functions(groupId);
    }

    /** When a round last came to its end with everything offered and reported; empty before the first. */
    public Optional<Instant> lastRound() {
        return Optional.ofNullable(lastRound);
    }

    /** One round. What fails is logged, once for the same words, and tried again in the next. */
    public void round() {
        List<DeviceClass> now = classes.get().orElse(null);
        if (now == null) {
            return;
        }
        Set<String> problems = new HashSet<>();
        try {
            look(now, problems);
            cdi.write(offered(), platform.kvm());
            plugins.offer(devices(now));
            restoreGrants();
            List<Grant> live = grants.live();
            NodeReport report = new NodeReport(bootID, platform, inventory, held.keySet(), live);
            DeviceCounts.tell(report.devices(), meters);
            reporter.report(report);
            grants.reported(live);
            lastRound = clock.instant();
        } catch (IOException | KubernetesClientException e) {
            problems.add(Objects.toString(e.getMessage(), e.toString()));
        }
        tell(problems);
    }

    private void look(List<DeviceClass> now, Set<String> problems) throws IOException {
        Instant time = clock.instant();
        if (scanned == null || !now.equals(classesBefore) || !time.isBefore(scanned.plus(RESCAN))) {
            long start = System.nanoTime();
            scan = sysfs.scan();
            meters.scanned(Duration.ofNanos(System.nanoTime() - start));
            platform = Platform.of(sysfs, allowEmulation);
            scanned = time;
            classesBefore = now;
        }
        try {
            held = kubelet.held();
        } catch (IOException e) {
            problems.add(Objects.toString(e.getMessage(), e.toString()));
        }
        inventory = Inventory.of(scan.functions(), now, held, inventory);
        problems.addAll(scan.problems());
        problems.addAll(inventory.problems());
        Optional.ofNullable(platform.obstacle()).ifPresent(problems::add);
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
                .filter(group -> group.deviceClass() != null && group.viable())
                .toList();
    }

    private Map<String, List<PluginDevice>> devices(List<DeviceClass> now) {
        Map<String, List<PluginDevice>> devices = new TreeMap<>();
        now.forEach(deviceClass -> devices.put(deviceClass.name(), new ArrayList<>()));
        for (DeviceGroup group : inventory.groups().values()) {
            if (group.deviceClass() != null) {
                String obstacle = platform.obstacle() != null ? platform.obstacle() : group.message();
                devices.computeIfAbsent(group.deviceClass(), any -> new ArrayList<>())
                        .add(new PluginDevice(group.id().toString(), group.numaNode(), obstacle));
            }
        }
        return devices;
    }

    private void tell(Set<String> problems) {
        known.retainAll(problems);
        problems.stream()
                .filter(known::add)
                .sorted()
                .forEach(problem -> log.atWarn().log(problem));
    }
}
