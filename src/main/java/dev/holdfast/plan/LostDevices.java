package dev.holdfast.plan;

import dev.holdfast.api.Cause;
import dev.holdfast.api.PassthroughNode;
import dev.holdfast.api.PassthroughNodeStatus.Device;
import dev.holdfast.api.PassthroughNodeStatus.Grant;
import dev.holdfast.api.PassthroughNodeStatus.GrantedDevice;
import dev.holdfast.api.PassthroughNodeStatus.State;
import dev.holdfast.api.Reason;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a running VM was given and its node has no more. */
final class LostDevices {
    private LostDevices() {}

    /** Empty when all are there, as far as the agent of the node tells. */
    static Optional<Cause> of(Grant grant, String node, List<PassthroughNode> nodes) {
        Set<String> missing = nodes.stream()
                .filter(candidate -> candidate.getMetadata().getName().equals(node))
                .flatMap(LostDevices::devices)
                .filter(device -> device.state() == State.Missing)
                .map(Device::pciAddress)
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

    private static Stream<Device> devices(PassthroughNode node) {
        return node.getStatus() == null || node.getStatus().devices() == null
                ? Stream.empty()
                : node.getStatus().devices().stream();
    }
}
