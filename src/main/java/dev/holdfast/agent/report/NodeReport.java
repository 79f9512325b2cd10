package dev.holdfast.agent.report;

import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DriverBinding;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.PassthroughNodeStatus;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.inventory.NodeReadiness;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import io.fabric8.kubernetes.api.model.Condition;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Result of one observation of the node. An absent list is an empty one, as in the API.
 *
 * @param held        IDs of the groups that pods hold, as the kubelet reports
 * @param grants      grants of this boot
 * @param quarantined reason why a viable group is not offered, by its ID
 * @param bindings    functions that the agent has bound or tried to bind, by address
 * @param notOffered  reason why a free group is not offered by the path of its class, or why another driver must not offer
 *                    it, by its ID
 */
public record NodeReport(
        String bootID,
        NodeReadiness readiness,
        Inventory inventory,
        Set<GroupId> held,
        List<Grant> grants,
        Map<GroupId, String> quarantined,
        Map<PciAddress, DriverBinding> bindings,
        Map<GroupId, String> notOffered) {

    /**
     * Returns the status of the PassthroughNode.
     *
     * @param before former status, for the transition times; null for none
     */
    public PassthroughNodeStatus status(@Nullable PassthroughNodeStatus before, Instant now) {
        List<Condition> conditions = before == null || before.conditions() == null ? List.of() : before.conditions();
        return new PassthroughNodeStatus(
                bootID, new NodeConditions(conditions, now).of(readiness), nullIfEmpty(devices()), nullIfEmpty(grants));
    }

    /** Returns the devices of the node, each with its state. */
    public List<Device> devices() {
        return new NodeDevices(busy(held, grants), quarantined, bindings, notOffered).of(inventory);
    }

    /**
     * Returns the main functions of held groups, and the functions of grants. A process with a grant holds its
     * functions even when the kubelet, just restarted, does not report them.
     */
    public static Set<PciAddress> busy(Set<GroupId> held, List<Grant> grants) {
        return Stream.concat(held.stream().map(GroupId::main), granted(grants).stream())
                .collect(Collectors.toSet());
    }

    /**
     * Returns the functions of the grants. A grant may come from the report of a former agent, which is text of the API
     * server: what is no address there is no function of this node.
     */
    public static Set<PciAddress> granted(List<Grant> grants) {
        return grants.stream()
                .flatMap(grant -> grant.devices().stream())
                .flatMap(device -> device.pciAddresses().stream())
                .flatMap(address -> PciAddress.canonical(address).stream())
                .collect(Collectors.toSet());
    }

    private static <T> @Nullable List<T> nullIfEmpty(List<T> list) {
        return list.isEmpty() ? null : list;
    }
}
