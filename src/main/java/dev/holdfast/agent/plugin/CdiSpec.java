package dev.holdfast.agent.plugin;

import dev.holdfast.inventory.DeviceGroup;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What a container runtime does for one of our devices (Container Device Interface): it makes the nodes in the
 * container with the owner and mode given here. A plain device spec of a device plugin would keep the host's, and
 * /dev/vfio/GROUP is root's there.
 */
record CdiSpec(String cdiVersion, String kind, List<Device> devices) {
    static final String KIND = "holdfast.dev/vfio";

    /** The lowest version with all that is used here; containerd 1.7 reads it. */
    private static final String VERSION = "0.6.0";

    /** The user and group that the container of every VM pod runs as. */
    private static final int QEMU_ID = 107;

    /** JSON has no octal. */
    private static final int OWNER_ONLY = 0600;

    private static final int EVERYONE = 0666;

    record Device(String name, ContainerEdits containerEdits) {}

    record ContainerEdits(List<DeviceNode> deviceNodes) {}

    /** Without major and minor number: the runtime reads them from the node's own. */
    record DeviceNode(String path, String type, String permissions, int fileMode, int uid, int gid) {}

    /**
     * One device per group.
     *
     * @param groups viable ones
     * @param kvm    whether the node has /dev/kvm
     * @param name   of the device, from the group's ID
     */
    static CdiSpec of(Collection<DeviceGroup> groups, boolean kvm, UnaryOperator<String> name) {
        return new CdiSpec(
                VERSION,
                KIND,
                groups.stream()
                        .map(group ->
                                new Device(name.apply(group.id().toString()), new ContainerEdits(nodes(group, kvm))))
                        .toList());
    }

    private static List<DeviceNode> nodes(DeviceGroup group, boolean kvm) {
        List<DeviceNode> nodes = new ArrayList<>();
        nodes.add(node("/dev/vfio/vfio", EVERYONE));
        nodes.add(node("/dev/vfio/" + group.iommuGroup(), OWNER_ONLY));
        if (kvm) {
            nodes.add(node("/dev/kvm", EVERYONE));
        }
        return nodes;
    }

    private static DeviceNode node(String path, int mode) {
        return new DeviceNode(path, "c", "rw", mode, QEMU_ID, QEMU_ID);
    }
}
