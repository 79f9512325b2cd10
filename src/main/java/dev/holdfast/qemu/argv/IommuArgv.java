package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.List;

/** Command line options of the guest's IOMMU. They must come before those of the devices whose DMA it translates. */
final class IommuArgv {
    // With 39 bits a device reaches 512 GiB, and the guest's memory has a hole in its addresses. The width is always
    // given: QEMU's own default was 39 and is 48 since 9.2, and QEMU 10.0 refuses more bits than the host's IOMMU has,
    // often 39. A host with enough memory for the wide one has 48.
    private static final int BITS = 39;
    private static final int WIDE_BITS = 48;
    private static final long WIDE_FROM_BYTES = 256L << 30;

    private IommuArgv() {}

    /** Returns properties of the machine: KVM leaves the interrupts of devices to QEMU, which remaps them for the guest. */
    static String machine(QemuShape shape, Accelerator accelerator) {
        return splitsInterrupts(shape, accelerator) ? ",kernel_irqchip=split" : "";
    }

    /** Returns whether KVM leaves the interrupts of devices, and the legacy timers, to QEMU. */
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

    /**
     * Returns Intel's IOMMU. Without caching-mode the guest does not have to announce new mappings, and VFIO would miss
     * them.
     */
    private static String intel(long memoryBytes) {
        return "intel-iommu,id=iommu0,intremap=on,caching-mode=on,aw-bits="
                + (memoryBytes > WIDE_FROM_BYTES ? WIDE_BITS : BITS);
    }
}
