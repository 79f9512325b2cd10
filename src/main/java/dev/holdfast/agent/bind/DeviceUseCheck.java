package dev.holdfast.agent.bind;

import dev.holdfast.host.usage.DeviceNode;
import dev.holdfast.host.usage.DeviceOpeners;
import dev.holdfast.host.usage.PciUse;
import dev.holdfast.host.usage.PciUsers;
import dev.holdfast.pci.PciAddress;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Checks whether the node uses a group. May take long, since it reads the open files of every process. Thread-safe. */
record DeviceUseCheck(PciUsers users, DeviceOpeners files) {
    /**
     * Returns the obstacle to an action: the group is in use, or its use is unknown.
     *
     * @return empty when the group is not in use
     */
    Optional<BindOutcome> obstacle(BindAction action) {
        try {
            return switch (action) {
                case BindAction.Bind bind -> ofNative(bind);
                case BindAction.Restore restore -> ofVfio(restore);
                case BindAction.Forget forget -> Optional.empty();
            };
        } catch (IOException | RuntimeException e) {
            return Optional.of(BindOutcome.failed(
                    action,
                    "cannot determine whether " + action.groupId() + " is in use (" + e
                            + "); check whether it is still on the PCI bus"));
        }
    }

    private Optional<BindOutcome> ofNative(BindAction.Bind bind) throws IOException {
        List<PciAddress> moved =
                bind.moved().stream().map(function -> function.address()).toList();
        Map<DeviceNode, PciAddress> nodes = new LinkedHashMap<>();
        for (PciAddress address : moved) {
            List<PciUse> uses = users.uses(address);
            if (!uses.isEmpty()) {
                return Optional.of(inUse(bind, address, uses.getFirst()));
            }
            users.nodes(address).forEach(node -> nodes.put(node, address));
        }
        return opened(bind, nodes);
    }

    /**
     * Checks a group on vfio-pci: a virtual machine of another program may use it, which neither the kubelet nor a
     * grant reports.
     */
    private Optional<BindOutcome> ofVfio(BindAction.Restore restore) {
        Map<DeviceNode, PciAddress> nodes = new LinkedHashMap<>();
        restore.addresses().forEach(address -> users.vfioNodes(address).forEach(node -> nodes.put(node, address)));
        return opened(restore, nodes);
    }

    private Optional<BindOutcome> opened(BindAction action, Map<DeviceNode, PciAddress> nodes) {
        return switch (files.search(nodes.keySet())) {
            case DeviceOpeners.Result.Unopened unopened -> Optional.empty();
            case DeviceOpeners.Result.Hidden hidden ->
                Optional.of(BindOutcome.failed(
                        action,
                        action.groupId() + " keeps its driver, since it is unknown whether a process has it open: "
                                + hidden.message()));
            case DeviceOpeners.Result.Opened opened ->
                Optional.of(inUse(action, owner(opened.use(), nodes), opened.use()));
        };
    }

    private static PciAddress owner(PciUse.Opened use, Map<DeviceNode, PciAddress> nodes) {
        return nodes.entrySet().stream()
                .filter(node -> node.getKey().name().equals(use.device()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElseThrow();
    }

    private static BindOutcome inUse(BindAction action, PciAddress address, PciUse use) {
        String then = action instanceof BindAction.Bind ? ", then it will be bound" : ", then it will be given back";
        return BindOutcome.inUse(action, new DeviceInUse(address, use, then));
    }
}
