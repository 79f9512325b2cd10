package dev.holdfast.plan;

import dev.holdfast.api.vm.Cpu;
import dev.holdfast.api.vm.HostDevice;
import dev.holdfast.api.vm.KernelBoot;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.memlock.MemlockInput;
import dev.holdfast.qemu.GuestPaths;
import dev.holdfast.qemu.QemuShape;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A VM's machine as far as it is known before it has a node. */
public final class QemuShapes {
    /** QEMU's own default, a gibibyte, would be most of a small pod; guests of the demo translate a few MiB of code. */
    static final long TCG_BUFFER_BYTES = 128L << 20;

    private QemuShapes() {}

    /**
     * The shape of a VM that was found valid.
     *
     * @param input  its memory and display in bytes
     * @param claims that it names
     */
    static QemuShape of(PassthroughVM vm, boolean allowEmulation, MemlockInput input, Claims claims) {
        PassthroughVMSpec spec = vm.getSpec();
        Cpu cpu = spec.cpu();
        MemlockInput.Display display = input.displays().getFirst();
        return new QemuShape(
                vm.getMetadata().getNamespace(),
                vm.getMetadata().getName(),
                vm.getMetadata().getUid(),
                allowEmulation,
                TCG_BUFFER_BYTES,
                cpu == null || cpu.model() == null ? "host-passthrough" : cpu.model(),
                orOne(cpu == null ? null : cpu.sockets()),
                orOne(cpu == null ? null : cpu.cores()),
                orOne(cpu == null ? null : cpu.threads()),
                input.guestBytes(),
                kernel(spec),
                display.model(),
                display.bytes(),
                iommu(spec),
                WantedDevices.of(spec).stream().map(HostDevice::name).toList(),
                Boards.of(spec),
                EmulatedDevices.disks(vm, claims),
                EmulatedDevices.nics(vm));
    }

    private static QemuShape.@Nullable Kernel kernel(PassthroughVMSpec spec) {
        KernelBoot boot = kernelBoot(spec);
        if (boot == null) {
            return null;
        }
        String initrd = boot.container().initrdPath();
        return new QemuShape.Kernel(
                GuestPaths.KERNEL_DIR + boot.container().kernelPath(),
                initrd == null ? null : GuestPaths.KERNEL_DIR + initrd,
                Objects.requireNonNullElse(boot.kernelArgs(), ""));
    }

    private static QemuShape.@Nullable Iommu iommu(PassthroughVMSpec spec) {
        if (spec.devices() == null || spec.devices().iommu() == null) {
            return null;
        }
        if (spec.devices().iommu().model() == null) {
            throw new IllegalArgumentException("spec.devices.iommu.model is missing; give intel or virtio");
        }
        return switch (spec.devices().iommu().model()) {
            case INTEL -> QemuShape.Iommu.INTEL;
            case VIRTIO -> QemuShape.Iommu.VIRTIO;
        };
    }

    static @Nullable KernelBoot kernelBoot(PassthroughVMSpec spec) {
        return spec.firmware() == null ? null : spec.firmware().kernelBoot();
    }

    private static int orOne(@Nullable Integer count) {
        return Objects.requireNonNullElse(count, 1);
    }
}
