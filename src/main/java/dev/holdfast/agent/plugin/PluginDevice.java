package dev.holdfast.agent.plugin;

import dev.holdfast.agent.kubelet.v1beta1.Device;
import dev.holdfast.agent.kubelet.v1beta1.NUMANode;
import dev.holdfast.agent.kubelet.v1beta1.TopologyInfo;
import dev.holdfast.pci.GroupId;
import org.jspecify.annotations.Nullable;

/**
 * Device of a class as it is offered to the kubelet.
 *
 * @param id       ID of the group
 * @param numaNode null when unknown: then no topology is sent to the kubelet, which refuses -1
 * @param pcieRoot host bridge above the device; null when unknown
 * @param obstacle message why it cannot be used now; null when it can
 */
public record PluginDevice(
        GroupId id,
        @Nullable Integer numaNode,
        @Nullable String pcieRoot,
        @Nullable String obstacle) {

    Device message() {
        Device.Builder device =
                Device.newBuilder().setID(id.toString()).setHealth(obstacle == null ? "Healthy" : "Unhealthy");
        if (numaNode != null) {
            device.setTopology(TopologyInfo.newBuilder()
                    .addNodes(NUMANode.newBuilder().setID(numaNode))
                    .build());
        }
        return device.build();
    }
}
