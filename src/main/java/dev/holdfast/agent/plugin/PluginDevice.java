package dev.holdfast.agent.plugin;

import dev.holdfast.agent.kubelet.v1beta1.Device;
import dev.holdfast.agent.kubelet.v1beta1.NUMANode;
import dev.holdfast.agent.kubelet.v1beta1.TopologyInfo;
import org.jspecify.annotations.Nullable;

/**
 * One device of a class as the kubelet is told of it.
 *
 * @param id       the group's ID
 * @param numaNode null when the platform does not say: then no topology goes to the kubelet, which refuses -1
 * @param pcieRoot the host bridge that it is below; null when unknown
 * @param obstacle why it cannot be used now, a sentence; null when it can
 */
public record PluginDevice(
        String id,
        @Nullable Integer numaNode,
        @Nullable String pcieRoot,
        @Nullable String obstacle) {

    Device message() {
        Device.Builder device = Device.newBuilder().setID(id).setHealth(obstacle == null ? "Healthy" : "Unhealthy");
        if (numaNode != null) {
            device.setTopology(TopologyInfo.newBuilder()
                    .addNodes(NUMANode.newBuilder().setID(numaNode))
                    .build());
        }
        return device.build();
    }
}
