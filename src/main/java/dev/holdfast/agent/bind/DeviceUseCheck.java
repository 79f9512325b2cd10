package dev.holdfast.agent.bind;

import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.usage.DeviceNode;
import dev.holdfast.host.usage.OpenFiles;
import dev.holdfast.host.usage.PciUse;
import dev.holdfast.host.usage.PciUsers;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Asks the node whether a group can be taken from whoever has it. The answer may take long, as it looks at every process.
 * For several threads.
 */
record DeviceUseCheck(PciUsers users, OpenFiles files) {
    /**
     * Why it cannot: it is in use, or nobody can know.
     *
     * @return empty when nobody uses it
     */
    Optional<BindOutcome> inTheWay(BindAction action) {
        try {
            return switch (action) {
                case BindAction.Bind bind -> ofNative(bind);
                case BindAction.Restore restore -> ofVfio(restore);
                case BindAction.Forget forget -> Optional.empty();
            };
        } catch (IOException | RuntimeException e) {
            return Optional.of(BindOutcome.failed(
                    action,
                    "cannot find out whether " + action.groupId() + " is in use (" + e + "); is it still on the bus?"));
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

    /** A group that neither the kubelet nor a grant knows of may be used by somebody else's virtual machine. */
    private Optional<BindOutcome> ofVfio(BindAction.Restore restore) {
        Map<DeviceNode, PciAddress> nodes = new LinkedHashMap<>();
        restore.addresses().forEach(address -> users.vfioNodes(address).forEach(node -> nodes.put(node, address)));
        return opened(restore, nodes);
    }

    private Optional<BindOutcome> opened(BindAction action, Map<DeviceNode, PciAddress> nodes) {
        return switch (files.look(nodes.keySet())) {
            case OpenFiles.Look.Unopened unopened -> Optional.empty();
            case OpenFiles.Look.Hidden hidden ->
                Optional.of(BindOutcome.failed(
                        action,
                        action.groupId() + " is left as it is, since nobody can tell whether a process has it open: "
                                + hidden.why()));
            case OpenFiles.Look.Opened opened -> Optional.of(inUse(action, owner(opened.use(), nodes), opened.use()));
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
