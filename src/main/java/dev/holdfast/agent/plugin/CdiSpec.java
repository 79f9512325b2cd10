package dev.holdfast.agent.plugin;

import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.pci.GroupId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;

/**
 * Specification of the Container Device Interface (CDI) for the devices of Holdfast: the container runtime creates the
 * device nodes in the container with the owner and mode given here. A device spec of a device plugin would keep the
 * owner of the host, which for /dev/vfio/GROUP is root.
 */
record CdiSpec(String cdiVersion, String kind, List<Device> devices) {
    static final String KIND = "holdfast.dev/vfio";

    /** Lowest version with all that is used here; containerd 1.7 reads it. */
    private static final String VERSION = "0.6.0";

    /** User and group of the container of every VM pod. */
    private static final int QEMU_ID = 107;

    /** File mode 0600; JSON has no octal numbers. */
    private static final int OWNER_ONLY = 0600;

    private static final int EVERYONE = 0666;

    record Device(String name, ContainerEdits containerEdits) {}

    record ContainerEdits(List<DeviceNode> deviceNodes) {}

    /** Device node without major and minor number: the runtime reads them from the node of the host. */
    record DeviceNode(String path, String type, String permissions, int fileMode, int uid, int gid) {}

    /**
     * Creates the specification with one device per group.
     *
     * @param groups viable groups
     * @param kvm    whether the node has /dev/kvm
     * @param name   returns the name of a device, from the ID of its group
     */
    static CdiSpec of(Collection<DeviceGroup> groups, boolean kvm, Function<GroupId, String> name) {
        return new CdiSpec(
                VERSION,
                KIND,
                groups.stream()
                        .map(group -> new Device(name.apply(group.id()), new ContainerEdits(nodes(group, kvm))))
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
