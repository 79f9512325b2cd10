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
 * What {@code holdfast devices} found. The component names are the contract of its JSON; facts that a node's report has
 * too are called as there.
 *
 * @param iommu      whether the kernel has made IOMMU groups
 * @param vfio       whether a driver of VFIO is loaded
 * @param kvm        whether the kernel serves /dev/kvm
 * @param conditions of the machine as a whole, as a node's report has them
 * @param advice     what is to do for the machine as a whole
 * @param groups     that hold a GPU, an accelerator, what else is on a GPU's board, or anything that VFIO has
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
     * One thing that passing devices through takes.
     *
     * @param status True, False or Unknown
     */
    public record Condition(String type, String status, String reason, String message) {
        Condition(NodeReadiness.Condition condition) {
            this(
                    condition.type(),
                    condition.finding().holds().status(),
                    condition.finding().reason(),
                    condition.finding().message());
        }
    }

    /**
     * One IOMMU group, or a function without any.
     *
     * @param id         its device ID at a kubelet
     * @param gpuBeside  the GPU on whose board it is, when it holds none itself
     * @param iommuGroup the kernel's number; null without an IOMMU
     * @param message    what to do; null when viable
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Group(
            String id,
            @Nullable Integer iommuGroup,
            @Nullable Integer numaNode,
            @Nullable String pcieRoot,
            @Nullable String gpuBeside,
            boolean viable,
            @Nullable String message,
            List<Function> functions) {}

    /**
     * One member of a group.
     *
     * @param driver   null when none is bound
     * @param vgpuType 0 for a vGPU without a type; null for what is no vGPU
     * @param passed whether a guest that gets the group gets this function
     * @param blocks whether its driver keeps the group from being passed through
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
     * Looks at a host.
     *
     * @param use     what the host does with its devices
     * @param kvmNode /dev/kvm, whether it is there and opens; null when the sysfs is another host's
     * @throws IOException with a sentence for a person when this is no sysfs
     */
    public static DevicesReport of(Sysfs sysfs, HostUse use, @Nullable KvmDeviceNode kvmNode) throws IOException {
        PciScan scan = sysfs.scan();
        NodeReadiness seen = NodeReadiness.of(sysfs, false);
        NodeReadiness platform = kvmNode == null || !seen.kvm() ? seen : seen.withKvmNode(kvmNode.finding());
        Inventory inventory = Inventory.of(new HostFacts(scan, platform, use), List.of(), Map.of(), Inventory.EMPTY);
        List<Condition> conditions =
                platform.conditions().stream().map(Condition::new).toList();
        return new DevicesReport(
                platform.machine().iommuGroups(),
                platform.machine().vfioDriver(),
                platform.kvm(),
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
        // A blocker that is no endpoint, an ISA bridge for instance, is no member, but has to be seen.
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
                group.gpuBeside() == null ? null : group.gpuBeside().toString(),
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
