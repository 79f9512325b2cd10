package dev.holdfast.qemu.argv;

import dev.holdfast.pci.PciAddress;
import dev.holdfast.qemu.shape.MachineOptions;
import dev.holdfast.qemu.shape.MmioWindow;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.ArrayList;
import java.util.List;

/**
 * Command line options of the passed-through devices: each is behind a root port, with its functions as one multifunction
 * device.
 */
final class PassthroughArgv {
    // Slot 0 is the host bridge, 1 the display, 0x1a to 0x1d are emulated devices (EmulatedSlots), 0x1e a virtio-iommu,
    // 0x1f the ICH9; 64 devices fit with three root ports in a slot.
    private static final int FIRST_SLOT = 2;
    private static final int SLOTS = EmulatedSlots.FIRST_SLOT - FIRST_SLOT;

    private PassthroughArgv() {}

    static List<String> of(QemuShape shape, NodeFacts node) {
        List<String> names = shape.devices();
        List<String> argv = new ArrayList<>();
        for (int i = 0; i < names.size(); i++) {
            argv.add("-device");
            argv.add(rootPort(i, names.size()) + reserve(WindowArgv.bars(names.get(i), shape, node)));
        }
        for (int i = 0; i < names.size(); i++) {
            List<PciAddress> addresses = WindowArgv.passed(names.get(i), shape, node);
            for (int function = 0; function < addresses.size(); function++) {
                argv.add("-device");
                argv.add(function(names.get(i), i, addresses, function)
                        + (function == 0 ? options(shape.options().device(names.get(i)), node.opened()) : ""));
            }
        }
        return argv;
    }

    private static String rootPort(int index, int count) {
        boolean shared = index < SLOTS && index + SLOTS < count;
        return "pcie-root-port,id=rp%d,bus=pcie.0,addr=0x%x.%d%s,chassis=%d,slot=%d"
                .formatted(
                        index,
                        FIRST_SLOT + index % SLOTS,
                        index / SLOTS,
                        shared ? ",multifunction=on" : "",
                        index + 1,
                        index + 1);
    }

    private static String reserve(List<Long> bars) {
        long bytes = MmioWindow.reserve(bars);
        return bytes == 0 ? "" : ",pref64-reserve=" + bytes;
    }

    /** Returns ROM and clique options, which apply to the main function only. */
    private static String options(MachineOptions.DeviceOptions options, InheritedDescriptors opened) {
        return (options.romFile() == null ? "" : ",romfile=" + QemuArgv.escape(opened.path(options.romFile())))
                + (Boolean.FALSE.equals(options.romBar()) ? ",rombar=0" : "")
                + (options.p2pClique() == null ? "" : ",x-nv-gpudirect-clique=" + options.p2pClique());
    }

    /**
     * Returns the device. The prefix separates names like {@code rp0} from other IDs, and QEMU requires an ID to start with
     * a letter.
     */
    private static String function(String name, int index, List<PciAddress> addresses, int function) {
        return "vfio-pci,host=%s,id=dev-%s%s,bus=rp%d,addr=0.%d%s"
                .formatted(
                        addresses.get(function),
                        name,
                        function == 0 ? "" : "." + function,
                        index,
                        function,
                        function == 0 && addresses.size() > 1 ? ",multifunction=on" : "");
    }
}
