package dev.holdfast.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.host.pci.Bar;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.PciScan;
import dev.holdfast.host.pci.Sriov;
import dev.holdfast.host.pci.Sysfs;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.inventory.HostFacts;
import dev.holdfast.inventory.HostUse;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.inventory.KvmDeviceNode;
import dev.holdfast.inventory.NodeReadiness;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The report of {@code holdfast devices}. The component names are the contract of its JSON; facts that a node's report also
 * has use the same names.
 *
 * @param iommu      whether the kernel has made IOMMU groups
 * @param vfio       whether a driver of VFIO is loaded
 * @param kvm        whether the kernel serves /dev/kvm
 * @param conditions conditions of the whole host, as in a node's report
 * @param advice     remedies for the whole host
 * @param groups     groups with a GPU, an accelerator, another function of a GPU's board, or a function of a VFIO driver
 * @param problems   functions and facts that could not be read
 */
public record DevicesReport(
        boolean iommu,
        boolean vfio,
        boolean kvm,
        List<Condition> conditions,
        List<String> advice,
        List<Group> groups,
        List<String> problems) {

    /**
     * A requirement of device passthrough.
     *
     * @param status True, False or Unknown
     */
    public record Condition(String type, String status, String reason, String message) {
        Condition(NodeReadiness.Condition condition) {
            this(
                    condition.type(),
                    condition.result().holds().status(),
                    condition.result().reason(),
                    condition.result().message());
        }
    }

    /**
     * An IOMMU group, or a function without one.
     *
     * @param id         its device ID for the kubelet
     * @param gpuOnSameBoard  the GPU on whose board it is, if it has none itself
     * @param iommuGroup the kernel's number; null without an IOMMU
     * @param message    the obstacle with its remedy; null when viable
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Group(
            String id,
            @Nullable Integer iommuGroup,
            @Nullable Integer numaNode,
            @Nullable String pcieRoot,
            @Nullable String gpuOnSameBoard,
            boolean viable,
            @Nullable String message,
            List<Function> functions) {}

    /**
     * A member of a group.
     *
     * @param driver   null when none is bound
     * @param vgpuType 0 for a vGPU without a type; null for any other function
     * @param passed   whether a guest that gets the group gets this function
     * @param blocks   whether its driver prevents the group from being passed through
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Function(
            String pciAddress,
            String vendorID,
            String deviceID,
            String subsystemVendorID,
            String subsystemID,
            String classCode,
            @Nullable String description,
            @Nullable String driver,
            @Nullable Integer numaNode,
            @Nullable String pcieRoot,
            List<Bar> bars,
            List<String> resetMethods,
            boolean bootVGA,
            @Nullable String physicalFunction,
            @Nullable Integer virtualFunctions,
            @Nullable Integer maxVirtualFunctions,
            @Nullable Integer vgpuType,
            boolean passed,
            boolean blocks) {}

    /**
     * Makes the report of a host.
     *
     * @param use     the host's own use of its devices
     * @param kvmNode check of /dev/kvm; null when the sysfs is another host's
     * @throws IOException with a message for the user when this is not a sysfs
     */
    public static DevicesReport of(Sysfs sysfs, HostUse use, @Nullable KvmDeviceNode kvmNode) throws IOException {
        PciScan scan = sysfs.scan();
        NodeReadiness seen = NodeReadiness.of(sysfs, false);
        NodeReadiness readiness = kvmNode == null || !seen.kvm() ? seen : seen.withKvmNode(kvmNode.result());
        Inventory inventory = Inventory.of(new HostFacts(scan, readiness, use), List.of(), Map.of(), Inventory.EMPTY);
        List<Condition> conditions =
                readiness.conditions().stream().map(Condition::new).toList();
        return new DevicesReport(
                readiness.capabilities().iommuGroups(),
                readiness.capabilities().vfioDriver(),
                readiness.kvm(),
                conditions,
                conditions.stream()
                        .filter(condition -> condition.status().equals("False"))
                        .map(Condition::message)
                        .toList(),
                inventory.groups().values().stream()
                        .filter(DeviceGroup::ofInterest)
                        .map(DevicesReport::group)
                        .toList(),
                scan.problems());
    }

    private static Group group(DeviceGroup group) {
        // A blocker that is not an endpoint, such as an ISA bridge, is not a member, but must be shown.
        List<Function> functions = Stream.concat(group.members().stream(), group.blockers().stream())
                .distinct()
                .sorted(Comparator.comparing(PciFunction::address))
                .map(function -> function(group, function))
                .toList();
        return new Group(
                group.id().toString(),
                group.iommuGroup(),
                group.numaNode(),
                group.pcieRoot(),
                group.gpuOnSameBoard() == null ? null : group.gpuOnSameBoard().toString(),
                group.viable(),
                group.message(),
                functions);
    }

    private static Function function(DeviceGroup group, PciFunction function) {
        Sriov.Physical physical = function.sriov() instanceof Sriov.Physical split ? split : null;
        return new Function(
                function.address().toString(),
                function.vendorID(),
                function.deviceID(),
                function.subsystemVendorID(),
                function.subsystemID(),
                function.classCode(),
                function.description(),
                function.driver(),
                function.numaNode(),
                function.pcieRoot(),
                function.bars(),
                function.resetMethods(),
                function.bootVga(),
                function.sriov() instanceof Sriov.Virtual virtual ? Objects.toString(virtual.physicalFunction()) : null,
                physical == null ? null : physical.virtualFunctions(),
                physical == null ? null : physical.maxVirtualFunctions(),
                function.vgpuType(),
                group.viable() && group.passed().contains(function),
                group.blockers().contains(function));
    }
}
