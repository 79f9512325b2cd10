package dev.holdfast.plan.observed;

import dev.holdfast.api.node.Blocker;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceBar;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.plan.machine.Given;
import java.util.List;
import java.util.Optional;

/**
 * One PCI function of a node's report, as far as plans read it.
 *
 * @param address     domain:bus:device.function
 * @param group       the address that stands for its IOMMU group; its own where it has no group
 * @param leadsGroup  whether it has a group and stands for it: of a large group, the one device with the details
 * @param deviceClass the class that offers its group; empty for none
 * @param message     why it cannot be given to a VM, with the remedy
 * @param blockers    the functions that keep its group from being passed through
 * @param bars        its base address registers
 */
public record ReportedDevice(
        String address,
        String group,
        boolean leadsGroup,
        Optional<String> deviceClass,
        DeviceState state,
        Optional<String> message,
        List<Blocker> blockers,
        List<DeviceBar> bars) {
    static ReportedDevice of(Device device) {
        return new ReportedDevice(
                device.pciAddress(),
                Given.of(device.groupID()).orElse(device.pciAddress()),
                device.pciAddress().equals(device.groupID()),
                Given.of(device.deviceClass()),
                device.state(),
                Given.of(device.message()),
                Given.list(device.blockers()),
                Given.list(device.bars()));
    }
}
