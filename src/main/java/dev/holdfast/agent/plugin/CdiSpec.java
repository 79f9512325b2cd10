package dev.holdfast.agent.plugin;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.api.Names;
import dev.holdfast.grant.GrantSocket;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.pci.GroupId;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Specification of the Container Device Interface (CDI) for the devices of Holdfast: the container runtime creates the
 * device nodes in the container with the owner and mode given here. A device spec of a device plugin would keep the
 * owner of the host, which for /dev/vfio/GROUP is root.
 */
public record CdiSpec(String cdiVersion, String kind, List<Device> devices) {
    static final String KIND = "holdfast.dev/vfio";

    /** Kind of the device of the grant resource. */
    static final String GRANT_KIND = "holdfast.dev/grant";

    /** Kind of the devices of ResourceClaims. */
    public static final String CLAIM_KIND = Names.DRA_DRIVER + "/claim";

    /** Lowest version with all that is used here; containerd 1.7 reads it. */
    private static final String VERSION = "0.6.0";

    /** User and group of the container of every VM pod. */
    private static final int QEMU_ID = 107;

    /** File mode 0600; JSON has no octal numbers. */
    private static final int OWNER_ONLY = 0600;

    private static final int EVERYONE = 0666;

    public record Device(String name, ContainerEdits containerEdits) {}

    /** @param mounts empty for the device plugin, whose answer to Allocate has the mount */
    public record ContainerEdits(
            List<DeviceNode> deviceNodes,
            @JsonInclude(JsonInclude.Include.NON_EMPTY) List<Mount> mounts) {}

    /**
     * Device of a ResourceClaim.
     *
     * @param iommuGroup number of its group
     * @param mounts     mounts besides that of the grant directory
     */
    public record ClaimDevice(String name, int iommuGroup, List<Mount> mounts) {}

    /** Device node without major and minor number: the runtime reads them from the node of the host. */
    public record DeviceNode(String path, String type, String permissions, int fileMode, int uid, int gid) {}

    public record Mount(String hostPath, String containerPath, List<String> options) {}

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
                        .map(group -> new Device(
                                name.apply(group.id()),
                                new ContainerEdits(
                                        nodes(
                                                Stream.ofNullable(group.iommuGroup())
                                                        .toList(),
                                                kvm),
                                        List.of())))
                        .toList());
    }

    /**
     * Creates the specification of the grant resource: the device nodes of a group without that of the group.
     *
     * @param name name of the device
     * @param kvm  whether the node has /dev/kvm
     */
    static CdiSpec ofGrant(String name, boolean kvm) {
        return new CdiSpec(
                VERSION, GRANT_KIND, List.of(new Device(name, new ContainerEdits(nodes(List.of(), kvm), List.of()))));
    }

    /**
     * Creates the specification of a ResourceClaim. Its devices bring what Allocate adds for a device plugin, too.
     *
     * @param devices        devices of the claim
     * @param kvm            whether the node has /dev/kvm
     * @param grantDirectory directory of the grant socket on the node
     */
    public static CdiSpec ofClaim(List<ClaimDevice> devices, boolean kvm, Path grantDirectory) {
        Mount grant =
                new Mount(grantDirectory.toString(), GrantSocket.DIRECTORY, List.of("bind", "ro", "nosuid", "nodev"));
        return new CdiSpec(
                VERSION,
                CLAIM_KIND,
                devices.stream()
                        .map(device -> new Device(
                                device.name(),
                                new ContainerEdits(
                                        nodes(List.of(device.iommuGroup()), kvm),
                                        Stream.concat(Stream.of(grant), device.mounts().stream())
                                                .toList())))
                        .toList());
    }

    private static List<DeviceNode> nodes(List<Integer> iommuGroups, boolean kvm) {
        List<DeviceNode> nodes = new ArrayList<>();
        nodes.add(node("/dev/vfio/vfio", EVERYONE));
        iommuGroups.forEach(group -> nodes.add(node("/dev/vfio/" + group, OWNER_ONLY)));
        if (kvm) {
            nodes.add(node("/dev/kvm", EVERYONE));
        }
        return nodes;
    }

    private static DeviceNode node(String path, int mode) {
        return new DeviceNode(path, "c", "rw", mode, QEMU_ID, QEMU_ID);
    }
}
