package dev.holdfast.plan.observed;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.api.node.Grant;
import dev.holdfast.api.node.GrantedDevice;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Devices of a running VM that have vanished from its node. */
public final class LostDevices {
    private LostDevices() {}

    /** Returns the first vanished device as a cause; empty when the agent of the node reports none as missing. */
    public static Optional<Cause> of(Grant grant, String node, ReportedNodes nodes) {
        Set<String> missing = nodes.read(node).stream()
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
                "device %s (%s) vanished from the PCI bus of node %s while the guest used it; check the kernel log of the node, then delete the pod to start the VM on another node"
                        .formatted(device.name(), String.join(" and ", device.pciAddresses()), node));
    }
}
