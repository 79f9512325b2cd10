package dev.holdfast.app;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.agent.DeviceGroup;
import dev.holdfast.agent.Finding;
import dev.holdfast.agent.Inventory;
import dev.holdfast.agent.Platform;
import dev.holdfast.host.Bar;
import dev.holdfast.host.PciFunction;
import dev.holdfast.host.PciScan;
import dev.holdfast.host.Sriov;
import dev.holdfast.host.Sysfs;
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
 * @param vfio       whether the driver vfio-pci is loaded
 * @param kvm        whether the kernel serves /dev/kvm
 * @param conditions of the machine as a whole, as a node's report has them
 * @param advice     what is to do for the machine as a whole
 * @param groups     that hold a display controller, an accelerator, or anything on vfio-pci
 * @param problems   functions and facts that could not be read
 */
record DevicesReport(
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
    record Condition(String type, String status, String reason, String message) {
        Condition(String type, Finding finding) {
            this(type, finding.holds().status(), finding.reason(), finding.message());
        }
    }

    /**
     * One IOMMU group, or a function without any.
     *
     * @param id         its device ID at a kubelet
     * @param iommuGroup the kernel's number; null without an IOMMU
     * @param message    what to do; null when viable
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Group(
            String id,
            @Nullable Integer iommuGroup,
            @Nullable Integer numaNode,
            @Nullable String pcieRoot,
            boolean viable,
            @Nullable String message,
            List<Function> functions) {}

    /**
     * One member of a group.
     *
     * @param driver null when none is bound
     * @param passed whether a guest that gets the group gets this function
     * @param blocks whether its driver keeps the group from being passed through
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Function(
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
            boolean passed,
            boolean blocks) {}

    /**
     * Looks at the machine.
     *
     * @param kvmNode /dev/kvm, whether it is there and opens; null when the sysfs is another machine's
     * @throws IOException with a sentence for a person when this is no sysfs
     */
    static DevicesReport of(Sysfs sysfs, @Nullable KvmNode kvmNode) throws IOException {
        PciScan scan = sysfs.scan();
        Platform platform = Platform.of(sysfs, true);
        Inventory inventory = Inventory.of(scan, List.of(), Map.of(), Inventory.EMPTY);
        List<Condition> conditions = List.of(
                new Condition("IommuEnabled", platform.iommu()),
                new Condition("InterruptRemapping", platform.interruptRemapping()),
                new Condition("VfioReady", platform.vfio()),
                new Condition("KvmAvailable", kvm(platform, kvmNode)));
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
                        .filter(group -> group.members().stream().anyMatch(DevicesReport::worthwhile))
                        .map(DevicesReport::group)
                        .toList(),
                scan.problems());
    }

    private static Finding kvm(Platform platform, @Nullable KvmNode node) {
        if (!platform.kvm()) {
            return new Finding(Finding.Holds.FALSE, "NoKvm", platform.noKvm());
        }
        return node == null ? platform.kvmAvailable() : node.finding();
    }

    private static boolean worthwhile(PciFunction function) {
        return function.display() || function.accelerator() || "vfio-pci".equals(function.driver());
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
                group.viable() && group.passed().contains(function),
                group.blockers().contains(function));
    }
}
