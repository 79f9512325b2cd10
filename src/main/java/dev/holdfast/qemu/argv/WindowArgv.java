package dev.holdfast.qemu.argv;

import dev.holdfast.pci.PciAddress;
import dev.holdfast.qemu.shape.MmioWindow;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;

/** Command line options of the BAR window for passed-through devices. */
final class WindowArgv {
    private WindowArgv() {}

    /**
     * Returns the options for the firmware; none when no device requires them, or the firmware is SeaBIOS, which sizes the
     * window itself.
     */
    static List<String> of(QemuShape shape, NodeFacts node) {
        MmioWindow window = window(shape, node);
        if (window.bytes() == 0 || node.firmware() == null) {
            return List.of();
        }
        return List.of("-fw_cfg", "name=opt/ovmf/X-PciMmio64Mb,string=" + window.mebibytes());
    }

    /**
     * Returns the window of a machine.
     *
     * @throws IllegalArgumentException with a message for users, when the node's processors cannot address it, or its IOMMU
     *     does not translate the addresses
     */
    static MmioWindow window(QemuShape shape, NodeFacts node) {
        Collection<List<Long>> bars = new ArrayList<>();
        for (String name : shape.devices()) {
            bars.add(bars(name, shape, node));
        }
        MmioWindow window = MmioWindow.of(bars);
        int needed = window.addressBits(shape.memoryBytes());
        Integer there = node.addressBits();
        if (window.bytes() > 0 && there != null && needed > there) {
            throw new IllegalArgumentException(
                    "the BARs of the devices require %d GiB of addresses above the guest's %d GiB of memory, which requires %d address bits, but the processors of this node have %d; use a node whose processors have more, or give the VM fewer devices"
                            .formatted(window.bytes() >> 30, shape.memoryBytes() >> 30, needed, there));
        }
        Integer translated = node.iommuAddressBits();
        if (translated != null && needed > translated) {
            throw new IllegalArgumentException(
                    "the guest's %d GiB of memory%s %d address bits, but the IOMMU of this node translates %d; use a node whose IOMMU translates more, or give the VM less memory or fewer devices"
                            .formatted(
                                    shape.memoryBytes() >> 30,
                                    window.bytes() == 0
                                            ? " requires"
                                            : " and %d GiB of addresses for the BARs of the devices require"
                                                    .formatted(window.bytes() >> 30),
                                    needed,
                                    translated));
        }
        return window;
    }

    /** Returns the sizes of a device's 64-bit prefetchable BARs. */
    static List<Long> bars(String name, QemuShape shape, NodeFacts node) {
        return passed(name, shape, node).stream()
                .flatMap(address -> node.bars().getOrDefault(address, List.of()).stream())
                .toList();
    }

    /**
     * Returns the functions that the guest gets: only the main function with an IOMMU of its own, as QEMU refuses one group
     * in two address spaces.
     */
    static List<PciAddress> passed(String name, QemuShape shape, NodeFacts node) {
        List<PciAddress> all = Objects.requireNonNull(node.devices().get(name));
        return shape.iommu() == null ? all : all.subList(0, 1);
    }
}
