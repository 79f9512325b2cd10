package dev.holdfast.agent.loop;

import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.PciScan;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.HostFacts;
import dev.holdfast.inventory.HostUse;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.inventory.NodeReadiness;
import dev.holdfast.telemetry.AgentMeters;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What is on the node, as last looked at. The bus is read only when something is told to have changed there; the kubelet,
 * which tells nothing, is asked each time. Used by one thread; only {@link #inventory} is for any.
 */
public final class NodeObserver {
    /** A safety net: the kernel tells of every change by itself. */
    static final Duration RESCAN = Duration.ofMinutes(10);

    /** Nothing is told when somebody sets the type of a vGPU or takes it away. */
    private static final Duration RESCAN_VGPUS = Duration.ofSeconds(30);

    private final Sysfs sysfs;
    private final HostUse hostUse;
    private final boolean allowEmulation;
    private final HeldGroups kubelet;
    private final AgentMeters meters;
    private final Clock clock;

    private PciScan scan = PciScan.EMPTY;
    private NodeReadiness platform = NodeReadiness.UNSEEN;
    private Map<String, String> held = Map.of();
    private @Nullable Instant scanned;
    private volatile Inventory inventory = Inventory.EMPTY;

    public NodeObserver(
            Sysfs sysfs, HostUse hostUse, boolean allowEmulation, HeldGroups kubelet, AgentMeters meters, Clock clock) {
        this.sysfs = sysfs;
        this.hostUse = hostUse;
        this.allowEmulation = allowEmulation;
        this.kubelet = kubelet;
        this.meters = meters;
        this.clock = clock;
    }

    /** The next look reads the bus anew. */
    void forget() {
        scanned = null;
    }

    /**
     * Looks.
     *
     * @param problems takes what an administrator should hear of, one sentence each
     * @return whether all is known, what the kubelet has handed out included
     * @throws IOException when there is no sysfs
     */
    boolean look(List<DeviceClass> classes, Collection<String> problems) throws IOException {
        Instant now = clock.instant();
        if (scanned == null || !now.isBefore(scanned.plus(rescan()))) {
            long start = System.nanoTime();
            scan = sysfs.scan();
            meters.scanned(Duration.ofNanos(System.nanoTime() - start));
            platform = NodeReadiness.of(sysfs, allowEmulation);
            scanned = now;
        }
        boolean whole = askKubelet(problems);
        inventory = Inventory.of(new HostFacts(scan, platform, hostUse), classes, held, inventory);
        problems.addAll(scan.problems());
        problems.addAll(inventory.problems());
        Optional.ofNullable(platform.obstacle()).ifPresent(problems::add);
        return whole;
    }

    /** How long what was seen of the bus stands. */
    Duration rescan() {
        return scan.functions().stream().anyMatch(PciFunction::vgpu) ? RESCAN_VGPUS : RESCAN;
    }

    Inventory inventory() {
        return inventory;
    }

    NodeReadiness platform() {
        return platform;
    }

    /** Class by group ID of what pods hold, as the kubelet last said. */
    Map<String, String> held() {
        return held;
    }

    private boolean askKubelet(Collection<String> problems) {
        try {
            held = kubelet.held();
            return true;
        } catch (IOException e) {
            problems.add(Objects.toString(e.getMessage(), e.toString()));
            return false;
        }
    }
}
