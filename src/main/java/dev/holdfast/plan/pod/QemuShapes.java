package dev.holdfast.plan.pod;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.GuestIommu;
import dev.holdfast.plan.machine.KernelStart;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.PassedDevice;
import dev.holdfast.plan.machine.Processors;
import dev.holdfast.qemu.shape.GuestPaths;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Converts a machine to a QEMU shape, without the parts that depend on the node. Nulls are those of the shape's JSON. */
final class QemuShapes {
    /** QEMU's default of 1 GiB would be most of a small pod's memory; guests of the demo translate a few MiB of code. */
    static final long TCG_BUFFER_BYTES = 128L << 20;

    private QemuShapes() {}

    /**
     * Returns the shape of a VM's machine.
     *
     * @param blockClaims the claims whose volumes are block devices
     */
    static QemuShape of(PassthroughVM vm, MachineSpec machine, boolean allowEmulation, Set<String> blockClaims) {
        Processors processors = machine.processors();
        return new QemuShape(
                vm.getMetadata().getNamespace(),
                vm.getMetadata().getName(),
                vm.getMetadata().getUid(),
                allowEmulation,
                TCG_BUFFER_BYTES,
                processors.model(),
                processors.sockets(),
                processors.cores(),
                processors.threads(),
                machine.memory().bytes(),
                machine.kernel().fromImage().map(QemuShapes::kernel).orElse(null),
                machine.display().model(),
                orNull(machine.display().configuredBytes()),
                iommu(machine.iommu()),
                machine.devices().stream().map(PassedDevice::name).toList(),
                MachineOptionsOfSpec.of(machine),
                EmulatedDevices.disks(vm, machine, blockClaims),
                EmulatedDevices.nics(vm, machine));
    }

    private static QemuShape.Kernel kernel(KernelStart.FromImage boot) {
        return new QemuShape.Kernel(
                GuestPaths.KERNEL_DIR + boot.kernelPath(),
                boot.initrd().map(path -> GuestPaths.KERNEL_DIR + path).orElse(null),
                boot.args());
    }

    private static QemuShape.@Nullable Iommu iommu(GuestIommu iommu) {
        return switch (iommu) {
            case NONE -> null;
            case INTEL -> QemuShape.Iommu.INTEL;
            case VIRTIO -> QemuShape.Iommu.VIRTIO;
        };
    }

    private static @Nullable Long orNull(OptionalLong bytes) {
        return bytes.isPresent() ? bytes.getAsLong() : null;
    }
}
