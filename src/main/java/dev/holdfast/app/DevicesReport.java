package dev.holdfast.app;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.agent.DeviceGroup;
import dev.holdfast.agent.Inventory;
import dev.holdfast.agent.Platform;
import dev.holdfast.host.PciFunction;
import dev.holdfast.host.PciScan;
import dev.holdfast.host.Sysfs;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What {@code holdfast devices} found. The component names are the contract of its JSON.
 *
 * @param iommu    whether the kernel has made IOMMU groups
 * @param vfio     whether the driver vfio-pci is loaded
 * @param kvm      whether the kernel serves /dev/kvm
 * @param advice   what is to do for the machine as a whole
 * @param groups   that hold a display controller, an accelerator, or anything on vfio-pci
 * @param problems functions that could not be read
 */
record DevicesReport(
        boolean iommu, boolean vfio, boolean kvm, List<String> advice, List<Group> groups, List<String> problems) {

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
            String classCode,
            @Nullable String driver,
            @Nullable Integer numaNode,
            boolean passed,
            boolean blocks) {}

    /**
     * Looks at the machine.
     *
     * @throws IOException with a sentence for a person when this is no sysfs
     */
    static DevicesReport of(Sysfs sysfs) throws IOException {
        PciScan scan = sysfs.scan();
        Platform platform = Platform.of(sysfs, true);
        Inventory inventory = Inventory.of(scan.functions(), List.of(), Map.of(), Inventory.EMPTY);
        return new DevicesReport(
                platform.iommu(),
                platform.vfio(),
                platform.kvm(),
                advice(platform),
                inventory.groups().values().stream()
                        .filter(group -> group.members().stream().anyMatch(DevicesReport::worthwhile))
                        .map(DevicesReport::group)
                        .toList(),
                scan.problems());
    }

    private static List<String> advice(Platform platform) {
        List<String> advice = new ArrayList<>();
        if (!platform.iommu()) {
            advice.add(Platform.NO_IOMMU);
        }
        if (!platform.vfio()) {
            advice.add(Platform.NO_VFIO);
        }
        if (!platform.kvm()) {
            advice.add(Platform.NO_KVM);
        }
        return advice;
    }

    /** Display controllers, processing accelerators and co-processors, and whatever somebody put on vfio-pci. */
    private static boolean worthwhile(PciFunction function) {
        return function.display()
                || function.classCode().startsWith("12")
                || function.classCode().startsWith("0b40")
                || "vfio-pci".equals(function.driver());
    }

    private static Group group(DeviceGroup group) {
        // A blocker that is no endpoint, an ISA bridge for instance, is no member, but has to be seen.
        List<Function> functions = Stream.concat(group.members().stream(), group.blockers().stream())
                .distinct()
                .sorted(Comparator.comparing(PciFunction::address))
                .map(function -> function(group, function))
                .toList();
        return new Group(group.id().toString(), group.iommuGroup(), group.viable(), group.message(), functions);
    }

    private static Function function(DeviceGroup group, PciFunction function) {
        return new Function(
                function.address().toString(),
                function.vendorID(),
                function.deviceID(),
                function.classCode(),
                function.driver(),
                function.numaNode(),
                group.viable() && group.passed().contains(function),
                group.blockers().contains(function));
    }
}
