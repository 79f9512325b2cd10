package dev.holdfast.plan.observed;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import dev.holdfast.api.node.PassthroughNode;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** What a running VM was given and its node has no more. */
public final class LostDevices {
    private LostDevices() {}

    /** Empty when all are there, as far as the agent of the node tells. */
    public static Optional<Cause> of(Grant grant, String node, List<PassthroughNode> nodes) {
        Set<String> missing = nodes.stream()
                .map(ReportedNode::new)
                .filter(candidate -> candidate.name().equals(node))
                .flatMap(ReportedNode::devices)
                .filter(device -> device.state() == DeviceState.Missing)
                .map(ReportedDevice::address)
                .collect(Collectors.toSet());
        return grant.devices().stream()
                .filter(device -> device.pciAddresses().stream().anyMatch(missing::contains))
                .findFirst()
                .map(device -> cause(device, node));
    }

    private static Cause cause(GrantedDevice device, String node) {
        return new Cause(
                Reason.DeviceMissing,
                "device %s (%s) has vanished from the PCI bus of node %s while the guest had it; see the node's kernel log, then delete the pod to start the VM elsewhere"
                        .formatted(device.name(), String.join(" and ", device.pciAddresses()), node));
    }
}
