package dev.holdfast.plan.observed;

import dev.holdfast.api.node.Blocker;
import dev.holdfast.api.node.Device;
import dev.holdfast.api.node.DeviceBar;
import dev.holdfast.api.node.DeviceState;
import dev.holdfast.plan.machine.Given;
import java.util.List;
import java.util.Optional;

/**
 * A PCI function in a node's report, with the fields that plans read.
 *
 * @param address     domain:bus:device.function
 * @param group       ID of its IOMMU group; its own address where it has no group
 * @param leadsGroup  whether its address is the ID of its group; in a large group only this device has the details
 * @param deviceClass the class that offers its group; empty for none
 * @param message     why it cannot be passed through, with the remedy
 * @param blockers    the functions that prevent its group from being passed through
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
