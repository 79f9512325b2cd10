package dev.holdfast.agent.report;

import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DriverBinding;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.inventory.NodeReadiness;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * All that one look at the node found. An absent list stands for an empty one, as in the API.
 *
 * @param held        group IDs that pods hold, as the kubelet says
 * @param grants      of this boot
 * @param quarantined why nobody gets a group although it is viable, by its ID
 * @param bindings    by address, of the functions that the agent has bound or tried to
 */
public record NodeReport(
        String bootID,
        NodeReadiness platform,
        Inventory inventory,
        Set<String> held,
        List<Grant> grants,
        Map<String, String> quarantined,
        Map<String, DriverBinding> bindings) {

    /** Of a node on which no device is in quarantine, and nothing was to be bound. */
    public NodeReport(
            String bootID, NodeReadiness platform, Inventory inventory, Set<String> held, List<Grant> grants) {
        this(bootID, platform, inventory, held, grants, Map.of(), Map.of());
    }

    /**
     * The status that says so.
     *
     * @param before the status so far, for the transition times; null for none
     */
    public PassthroughNodeStatus status(@Nullable PassthroughNodeStatus before, Instant now) {
        List<Condition> conditions = before == null || before.conditions() == null ? List.of() : before.conditions();
        return new PassthroughNodeStatus(
                bootID, new NodeConditions(conditions, now).of(platform), nullIfEmpty(devices()), nullIfEmpty(grants));
    }

    /** What is on the bus, each with its state. */
    public List<Device> devices() {
        return new NodeDevices(busy(held, grants), quarantined, bindings).of(inventory);
    }

    /**
     * Addresses of what somebody has, the IDs of groups among them. A process with a grant holds its functions even where
     * the kubelet, just restarted, does not tell.
     */
    public static Set<String> busy(Set<String> held, List<Grant> grants) {
        return Stream.concat(held.stream(), granted(grants).stream()).collect(Collectors.toSet());
    }

    /** The addresses of the functions that processes have been granted. */
    public static Set<String> granted(List<Grant> grants) {
        return grants.stream()
                .flatMap(grant -> grant.devices().stream())
                .flatMap(device -> device.pciAddresses().stream())
                .collect(Collectors.toSet());
    }

    private static <T> @Nullable List<T> nullIfEmpty(List<T> list) {
        return list.isEmpty() ? null : list;
    }
}
