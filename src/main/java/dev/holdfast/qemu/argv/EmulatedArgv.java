package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuDisk.Bus;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.ArrayList;
import java.util.List;

/** Command line options of emulated disks and network cards: backends, root ports and devices. */
final class EmulatedArgv {
    private EmulatedArgv() {}

    static List<String> of(QemuShape shape, NodeFacts node) {
        List<String> argv = new ArrayList<>();
        for (int i = 0; i < shape.disks().size(); i++) {
            QemuDisk disk = shape.disks().get(i);
            DiskFacts facts = node.disks().get(disk.name());
            argv.add("-blockdev");
            argv.add(BlockNode.of("disk" + i, disk, facts == null ? DiskFacts.assumed(disk) : facts));
        }
        for (int i = 0; i < shape.nics().size(); i++) {
            argv.addAll(NicArgv.backend(i, shape, node));
        }
        // A disk on the SATA controller, which is part of the chipset, leaves its root port empty: function 0 of a slot
        // must exist, or the guest does not find the others, and changing the bus of one disk must not move another.
        for (int i = 0; i < shape.disks().size(); i++) {
            argv.addAll(List.of("-device", EmulatedSlots.rootPort(i)));
        }
        for (int i = 0; i < shape.nics().size(); i++) {
            argv.addAll(List.of("-device", EmulatedSlots.rootPort(EmulatedSlots.ofNic(i))));
        }
        int sata = 0;
        for (int i = 0; i < shape.disks().size(); i++) {
            QemuDisk disk = shape.disks().get(i);
            argv.add("-device");
            argv.add(device(disk, i, disk.bus() == Bus.SATA ? "ide." + sata++ : EmulatedSlots.bus(i)));
        }
        for (int i = 0; i < shape.nics().size(); i++) {
            argv.add("-device");
            argv.add(NicArgv.device(i, shape.nics().get(i), EmulatedSlots.bus(EmulatedSlots.ofNic(i))));
        }
        return argv;
    }

    /**
     * Returns the device. The prefix separates names of the spec from other IDs, and QEMU requires an ID to start with a
     * letter.
     */
    private static String device(QemuDisk disk, int index, String bus) {
        String model = switch (disk.bus()) {
            case VIRTIO -> "virtio-blk-pci";
            case NVME -> "nvme";
            case SATA -> disk.cdrom() ? "ide-cd" : "ide-hd";
        };
        return "%s,id=disk-%s,drive=disk%d,bus=%s,serial=%s%s%s"
                .formatted(
                        model,
                        disk.name(),
                        index,
                        bus,
                        disk.serial(),
                        disk.bootIndex() == null ? "" : ",bootindex=" + disk.bootIndex(),
                        disk.cache() == QemuDisk.Cache.WRITETHROUGH && !disk.readOnly() ? ",write-cache=off" : "");
    }
}
