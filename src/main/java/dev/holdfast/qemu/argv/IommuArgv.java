package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.List;

/** The guest's IOMMU on the command line. It has to stand before the devices whose DMA it translates. */
final class IommuArgv {
    // With 39 bits a device reaches 512 GiB, and the guest's memory lies around a hole. The number is always given:
    // QEMU's own default was 39 and is 48 from 9.2 on, and QEMU 10.0 refuses more bits than the host's IOMMU has, often
    // 39. A host with enough memory for a wide one has 48.
    private static final int BITS = 39;
    private static final int WIDE_BITS = 48;
    private static final long WIDE_FROM_BYTES = 256L << 30;

    private IommuArgv() {}

    /** What the machine has to know: KVM leaves the interrupts of devices to QEMU, which remaps them for the guest. */
    static String machine(QemuShape shape, Accelerator accelerator) {
        return splitsInterrupts(shape, accelerator) ? ",kernel_irqchip=split" : "";
    }

    /** Whether KVM leaves the interrupts of devices, and the old timers with them, to QEMU. */
    static boolean splitsInterrupts(QemuShape shape, Accelerator accelerator) {
        return shape.iommu() == QemuShape.Iommu.INTEL && accelerator == Accelerator.KVM;
    }

    static List<String> device(QemuShape shape) {
        return switch (shape.iommu()) {
            case null -> List.of();
            case INTEL -> List.of("-device", intel(shape.memoryBytes()));
            case VIRTIO -> List.of("-device", "virtio-iommu-pci,id=iommu0,bus=pcie.0,addr=0x1e");
        };
    }

    /** Without caching-mode the guest need not tell new mappings, and VFIO would never learn of them. */
    private static String intel(long memoryBytes) {
        return "intel-iommu,id=iommu0,intremap=on,caching-mode=on,aw-bits="
                + (memoryBytes > WIDE_FROM_BYTES ? WIDE_BITS : BITS);
    }
}
