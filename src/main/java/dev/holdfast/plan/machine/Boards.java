package dev.holdfast.plan.machine;

import dev.holdfast.api.vm.Clock;
import dev.holdfast.api.vm.Efi;
import dev.holdfast.api.vm.Features;
import dev.holdfast.api.vm.Gpu;
import dev.holdfast.api.vm.Hyperv;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.RomFile;
import dev.holdfast.api.vm.WatchdogAction;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The mainboard of a VM that was found valid. */
final class Boards {
    private Boards() {}

    /** The UEFI that the spec asks for, null for none. */
    static @Nullable Efi efi(PassthroughVMSpec spec) {
        return spec.firmware() == null || spec.firmware().bootloader() == null
                ? null
                : spec.firmware().bootloader().efi();
    }

    static @Nullable String vendorId(@Nullable Hyperv hyperv) {
        return hyperv == null || hyperv.vendorid() == null
                ? null
                : hyperv.vendorid().vendorid();
    }

    /** Whether something of the machine outlives its pod. */
    static boolean hasState(PassthroughVMSpec spec) {
        Efi efi = efi(spec);
        return efi != null && Boolean.TRUE.equals(efi.persistent());
    }

    static boolean hidesKvm(PassthroughVMSpec spec) {
        return spec.features() != null
                && spec.features().kvm() != null
                && Boolean.TRUE.equals(spec.features().kvm().hidden());
    }

    /** @throws IllegalArgumentException with one sentence, when there are huge pages of no size */
    static @Nullable Long hugePageBytes(PassthroughVMSpec spec) {
        if (spec.memory() == null || spec.memory().hugepages() == null) {
            return null;
        }
        if (spec.memory().hugepages().pageSize() == null) {
            throw new IllegalArgumentException("spec.memory.hugepages lacks its pageSize; give 2Mi or 1Gi");
        }
        return spec.memory().hugepages().pageSize().bytes();
    }

    /** The GPUs with an option ROM from the cluster, in the spec's order. */
    static List<Gpu> withRomFile(PassthroughVMSpec spec) {
        return gpus(spec).stream().filter(gpu -> gpu.romFile() != null).toList();
    }

    static List<Gpu> gpus(PassthroughVMSpec spec) {
        return spec.devices() == null || spec.devices().gpus() == null
                ? List.of()
                : spec.devices().gpus();
    }

}
