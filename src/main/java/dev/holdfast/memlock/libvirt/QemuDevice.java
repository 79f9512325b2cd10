package dev.holdfast.memlock.libvirt;

import java.util.List;
import java.util.Set;

/** Properties of QEMU's devices, derived from their names. */
public final class QemuDevice {
    private static final List<String> WITH_ROM =
            List.of("virtio-net", "e1000", "i82", "igb", "rtl8139", "ne2k_pci", "pcnet", "vmxnet3");

    /** Devices without memory that is mapped for VFIO, from {@code info ramblock} of QEMU 7.2. */
    private static final Set<String> HARMLESS = Set.of("""
            AC97 edu ES1370 floppy i6300esb ib700 ich9-intel-hda intel-hda ioh3420 loader mptsas1068 nvme
            nvme-ns nvme-subsys pci-bridge pci-bridge-seat pci-serial pcie-pci-bridge pcie-root-port pvscsi pxb
            pxb-pcie qemu-xhci sd-card smbus-eeprom vfio-pci-igd-lpc-bridge vfio-user-pci vmcoreinfo vmgenid
            x3130-upstream xio3130-downstream
            """.strip().split("\\s+"));

    private static final List<String> HARMLESS_STARTS = List.of("""
            ahci ccid- ehci- emulated hda- hv- ich9- ide- ipmi- isa- lsi megasas nec-usb- ohci- piix pvpanic
            scsi- sdhci- spapr-v tpm- uefi-vars usb- vhost-scsi vhost-user-blk vhost-user-fs vhost-user-i2c
            vhost-user-input vhost-user-rng vhost-user-scsi vhost-user-vsock vhost-vsock virtconsole virtio-9p
            virtio-balloon virtio-blk virtio-crypto virtio-input virtio-keyboard virtio-mouse virtio-rng
            virtio-scsi virtio-serial virtio-sound virtio-tablet virtserialport
            """.strip().split("\\s+"));

    private QemuDevice() {}

    /** Returns whether the device uses VFIO of the kernel. */
    public static boolean isVfio(String driver) {
        return driver.startsWith("vfio-")
                && !driver.startsWith("vfio-user")
                && !driver.equals("vfio-pci-igd-lpc-bridge");
    }

    /** Returns whether the device is a network interface with a boot ROM. */
    static boolean hasRom(String driver) {
        return WITH_ROM.stream().anyMatch(driver::startsWith);
    }

    /** Returns whether the device has no memory that is mapped for VFIO. */
    static boolean isHarmless(String driver) {
        return HARMLESS.contains(driver) || HARMLESS_STARTS.stream().anyMatch(driver::startsWith);
    }
}
