package dev.holdfast.agent.loop;

import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.PciScan;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.HostFacts;
import dev.holdfast.inventory.HostUse;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.inventory.NodeReadiness;
import dev.holdfast.pci.GroupId;
import dev.holdfast.telemetry.AgentMeters;
import dev.holdfast.text.FailureText;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Observes the node. The bus is scanned only after a uevent and at intervals; the kubelet, which sends no
 * notifications, is asked each time. Not thread-safe, except for {@link #inventory} and {@link #look}.
 */
public final class NodeObserver {
    /** Interval of scans without a uevent; a safeguard, since the kernel reports every change. */
    static final Duration RESCAN = Duration.ofMinutes(10);

    /** Interval of scans on nodes with vGPUs: the kernel sends no uevent when the type of a vGPU is set or removed. */
    private static final Duration RESCAN_VGPUS = Duration.ofSeconds(30);

    private final Sysfs sysfs;
    private final HostUse hostUse;
    private final boolean allowEmulation;
    private final HeldGroups kubelet;
    private final AgentMeters meters;
    private final Clock clock;

    private PciScan scan = PciScan.EMPTY;
    private NodeReadiness readiness = NodeReadiness.UNSEEN;
    private HeldGroups.Held holders = HeldGroups.Held.NONE;
    private Map<GroupId, String> held = Map.of();
    private @Nullable Instant scanned;
    private volatile Inventory inventory = Inventory.EMPTY;
    private volatile Assignment assignment = new Assignment(List.of(), Map.of());

    /** What assigns groups to classes: the classes, and the groups that pods hold. */
    private record Assignment(List<DeviceClass> classes, Map<GroupId, String> held) {}

    public NodeObserver(
            Sysfs sysfs, HostUse hostUse, boolean allowEmulation, HeldGroups kubelet, AgentMeters meters, Clock clock) {
        this.sysfs = sysfs;
        this.hostUse = hostUse;
        this.allowEmulation = allowEmulation;
        this.kubelet = kubelet;
        this.meters = meters;
        this.clock = clock;
    }

    /** Makes the next observation scan the bus. */
    void forget() {
        scanned = null;
    }

    /**
     * Observes the node.
     *
     * @param problems receives one message for each problem that an administrator should know
     * @return whether everything is known, including the devices that the kubelet has allocated
     * @throws IOException when there is no sysfs
     */
    boolean observe(List<DeviceClass> classes, Collection<String> problems) throws IOException {
        Instant now = clock.instant();
        if (scanned == null || !now.isBefore(scanned.plus(rescan()))) {
            long start = System.nanoTime();
            scan = sysfs.scan();
            meters.scanned(Duration.ofNanos(System.nanoTime() - start));
            readiness = NodeReadiness.of(sysfs, allowEmulation);
            scanned = now;
        }
        boolean whole = askKubelet(problems);
        inventory = Inventory.of(new HostFacts(scan, readiness, hostUse), classes, held, inventory);
        assignment = new Assignment(classes, held);
        problems.addAll(scan.problems());
        problems.addAll(inventory.problems());
        Optional.ofNullable(readiness.obstacle()).ifPresent(problems::add);
        return whole;
    }

    /**
     * Reads the bus at this moment, for a decision about devices whose drivers another program changes. Classes and held
     * groups are those of the last observation. Thread-safe.
     *
     * @throws IOException when there is no sysfs
     */
    Inventory look() throws IOException {
        Assignment last = assignment;
        HostFacts host = new HostFacts(sysfs.scan(), NodeReadiness.of(sysfs, allowEmulation), hostUse);
        return Inventory.of(host, last.classes(), last.held(), inventory);
    }

    /** Returns the time for which a scan of the bus is valid. */
    Duration rescan() {
        return scan.functions().stream().anyMatch(PciFunction::vgpu) ? RESCAN_VGPUS : RESCAN;
    }

    Inventory inventory() {
        return inventory;
    }

    NodeReadiness readiness() {
        return readiness;
    }

    /** Returns the class of each group that pods hold, by group ID, as of the last observation. */
    Map<GroupId, String> held() {
        return held;
    }

    /** Returns the same groups by the path by which pods hold them. */
    HeldGroups.Held holders() {
        return holders;
    }

    private boolean askKubelet(Collection<String> problems) {
        try {
            holders = kubelet.held();
            held = holders.all();
            return true;
        } catch (IOException e) {
            problems.add(FailureText.of(e));
            return false;
        }
    }
}
