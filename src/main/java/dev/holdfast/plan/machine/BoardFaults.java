package dev.holdfast.plan.machine;

import dev.holdfast.api.Cause;
import dev.holdfast.api.Reason;
import dev.holdfast.api.vm.Bootloader;
import dev.holdfast.api.vm.Clock;
import dev.holdfast.api.vm.Features;
import dev.holdfast.api.vm.Gpu;
import dev.holdfast.api.vm.KernelBoot;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.RomFile;
import dev.holdfast.api.vm.RomFileKey;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with firmware, processors, clock and GPUs of a spec. The API server says the same; `holdfast render` reads
 * files that it has never seen, and nothing here may reach QEMU's command line unchecked.
 */
final class BoardFaults {
    private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_.-]*");
    private static final Pattern VENDOR = Pattern.compile("[A-Za-z0-9_.-]{1,12}");
    private static final Pattern ZONE = Pattern.compile("[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z][A-Za-z0-9_+-]*){0,2}");
    private static final Pattern OBJECT = Pattern.compile("[a-z0-9]([-a-z0-9.]*[a-z0-9])?");
    private static final Pattern KEY = Pattern.compile("[-._A-Za-z0-9]{1,253}");
    private static final int MAX_CLIQUE = 15;

    private BoardFaults() {}

    static Optional<Cause> of(PassthroughVMSpec spec) {
        return first(spec).map(sentence -> new Cause(Reason.InvalidSpec, sentence));
    }

    private static Optional<String> first(PassthroughVMSpec spec) {
        try {
            return Stream.of(
                            start(spec),
                            firmware(spec),
                            processors(spec),
                            clock(spec.clock()),
                            memory(spec),
                            watchdog(spec),
                            gpus(spec))
                    .filter(Objects::nonNull)
                    .findFirst();
        } catch (IllegalArgumentException e) {
            return Optional.of(Objects.requireNonNullElse(e.getMessage(), e.toString()));
        }
    }

    private static @Nullable String start(PassthroughVMSpec spec) {
        KernelBoot boot = (spec.firmware() == null ? null : spec.firmware().kernelBoot());
        if (boot == null) {
            return null;
        }
        boolean lacks = boot.container() == null
                || boot.container().image() == null
                || boot.container().kernelPath() == null;
        return lacks
                ? "spec.firmware.kernelBoot.container lacks its image or its kernelPath; give both, or no kernelBoot"
                : null;
    }

    private static @Nullable String firmware(PassthroughVMSpec spec) {
        if (spec.firmware() == null || spec.firmware().bootloader() == null) {
            return null;
        }
        Bootloader bootloader = spec.firmware().bootloader();
        if ((bootloader.bios() == null) == (bootloader.efi() == null)) {
            return "spec.firmware.bootloader must be exactly one of bios and efi; give one of them, such as efi: {}";
        }
        if (spec.firmware().kernelBoot() != null
                && bootloader.efi() != null
                && Boolean.TRUE.equals(bootloader.efi().secureBoot())) {
            return "spec.firmware has both kernelBoot and secureBoot, but QEMU changes the kernel that it hands over, so its"
                    + " signature is worth nothing; remove one of them";
        }
        return null;
    }

    private static @Nullable String processors(PassthroughVMSpec spec) {
        String model = spec.cpu() == null ? null : spec.cpu().model();
        if (model != null && (!MODEL.matcher(model).matches() || model.equals("host-model"))) {
            return "spec.cpu.model is \"%s\", but expected is host-passthrough, or a name that `qemu-system-x86_64 -cpu help` lists; give one of these"
                    .formatted(model);
        }
        Features features = spec.features();
        String vendor = features == null ? null : Boards.vendorId(features.hyperv());
        if (vendor != null && !VENDOR.matcher(vendor).matches()) {
            return "spec.features.hyperv.vendorid.vendorid is \"%s\", but expected are 1 to 12 letters, digits and _.-; give one such as holdfast"
                    .formatted(vendor);
        }
        return null;
    }

    private static @Nullable String clock(@Nullable Clock clock) {
        if (clock == null || clock.timezone() == null) {
            return null;
        }
        if (clock.utc() != null) {
            return "spec.clock has both utc and timezone, but a clock shows one time; remove one";
        }
        if (!ZONE.matcher(clock.timezone()).matches() || clock.timezone().length() > 64) {
            return "spec.clock.timezone is \"%s\", but expected is a name of the tz database; give one such as Europe/Berlin"
                    .formatted(clock.timezone());
        }
        return null;
    }

    private static @Nullable String memory(PassthroughVMSpec spec) {
        Long page = Boards.hugePageBytes(spec);
        if (page == null || spec.memory().guest() == null) {
            return null;
        }
        long guest = MemoryFaults.wholeBytes("spec.memory.guest", spec.memory().guest());
        return guest % page == 0
                ? null
                : "spec.memory.guest is %s, but huge pages of %s are never taken in part; give a multiple, or smaller pages"
                        .formatted(spec.memory().guest(), page == 2 << 20 ? "2Mi" : "1Gi");
    }

    private static @Nullable String watchdog(PassthroughVMSpec spec) {
        return spec.devices() != null
                        && spec.devices().watchdog() != null
                        && spec.devices().watchdog().i6300esb() == null
                ? "spec.devices.watchdog is empty; give i6300esb: {}, or no watchdog"
                : null;
    }

    private static @Nullable String gpus(PassthroughVMSpec spec) {
        for (Gpu gpu : Boards.gpus(spec)) {
            Integer clique = gpu.p2pClique();
            if (clique != null && (clique < 0 || clique > MAX_CLIQUE)) {
                return "p2pClique of gpu %s is %d, but a clique is numbered 0 to 15; give such a number"
                        .formatted(gpu.name(), clique);
            }
            if (clique != null && Boards.hidesKvm(spec)) {
                return "gpu %s has a p2pClique and spec.features.kvm.hidden is true, but NVIDIA's driver reads a clique only where it knows that it runs on KVM; remove one of them"
                        .formatted(gpu.name());
            }
            String rom = gpu.romFile() == null ? null : romFile(gpu, gpu.romFile());
            if (rom != null) {
                return rom;
            }
        }
        return null;
    }

    private static @Nullable String romFile(Gpu gpu, RomFile rom) {
        if (Boolean.FALSE.equals(gpu.romBar())) {
            return "romBar of gpu %s is false, so the guest would never see its romFile; remove one of them"
                    .formatted(gpu.name());
        }
        if ((rom.configMap() == null) == (rom.secret() == null)) {
            return "romFile of gpu %s is to be in one configMap or in one secret; give exactly one of them"
                    .formatted(gpu.name());
        }
        RomFileKey key = Objects.requireNonNullElse(rom.configMap(), rom.secret());
        boolean named = key.name() != null && OBJECT.matcher(key.name()).matches();
        boolean keyed = key.key() != null
                && KEY.matcher(key.key()).matches()
                && !key.key().equals(".")
                && !key.key().startsWith("..");
        return named && keyed
                ? null
                : "romFile of gpu %s names %s and %s, but expected are the name of an object and one of its keys; give both, such as gpu-rom and vbios.rom"
                        .formatted(gpu.name(), key.name(), key.key());
    }
}
