package dev.holdfast.plan;

import dev.holdfast.api.vm.Gpu;
import dev.holdfast.api.vm.KernelBoot;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.RomFile;
import dev.holdfast.api.vm.RomFileKey;
import dev.holdfast.qemu.GuestPaths;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.KeyToPathBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Volumes of the pod that the machine itself needs, its disks apart: its sockets and variables, the kernel it is to start,
 * what outlives the pod, and option ROMs.
 */
final class MachineVolumes {
    /** The file in a ROM's volume, whatever its key is called. */
    static final String ROM = "rom";

    private static final String RUN_VOLUME = "run";
    private static final String KERNEL_VOLUME = "kernel";
    private static final String STATE_VOLUME = "state";

    private MachineVolumes() {}

    static List<Volume> volumes(PassthroughVM vm) {
        PassthroughVMSpec spec = vm.getSpec();
        List<Volume> volumes = new ArrayList<>();
        volumes.add(new VolumeBuilder()
                .withName(RUN_VOLUME)
                .withNewEmptyDir()
                .withMedium("Memory")
                .withSizeLimit(new Quantity(Boards.efi(spec) == null ? "1Mi" : "2Mi"))
                .endEmptyDir()
                .build());
        KernelBoot boot = QemuShapes.kernelBoot(spec);
        if (boot != null) {
            volumes.add(new VolumeBuilder()
                    .withName(KERNEL_VOLUME)
                    .withNewImage()
                    .withReference(boot.container().image())
                    .endImage()
                    .build());
        }
        if (Boards.hasState(spec)) {
            volumes.add(new VolumeBuilder()
                    .withName(STATE_VOLUME)
                    .withNewPersistentVolumeClaim()
                    .withClaimName(StateClaim.name(vm))
                    .endPersistentVolumeClaim()
                    .build());
        }
        List<Gpu> gpus = Boards.withRomFile(spec);
        for (int i = 0; i < gpus.size(); i++) {
            volumes.add(rom(volumeName(i), Objects.requireNonNull(gpus.get(i).romFile())));
        }
        return volumes;
    }

    static List<VolumeMount> mounts(PassthroughVMSpec spec) {
        List<VolumeMount> mounts = new ArrayList<>();
        mounts.add(new VolumeMountBuilder()
                .withName(RUN_VOLUME)
                .withMountPath(GuestPaths.RUN_DIR)
                .build());
        if (QemuShapes.kernelBoot(spec) != null) {
            mounts.add(new VolumeMountBuilder()
                    .withName(KERNEL_VOLUME)
                    .withMountPath(GuestPaths.KERNEL_DIR)
                    .withReadOnly(true)
                    .build());
        }
        if (Boards.hasState(spec)) {
            mounts.add(new VolumeMountBuilder()
                    .withName(STATE_VOLUME)
                    .withMountPath(GuestPaths.STATE_DIR)
                    .build());
        }
        List<Gpu> gpus = Boards.withRomFile(spec);
        for (int i = 0; i < gpus.size(); i++) {
            mounts.add(new VolumeMountBuilder()
                    .withName(volumeName(i))
                    .withMountPath(romFolder(gpus.get(i)))
                    .withReadOnly(true)
                    .build());
        }
        return mounts;
    }

    static String romFolder(Gpu gpu) {
        return GuestPaths.ROM_DIR + "/" + gpu.name();
    }

    /** A GPU's name may be as long as a volume's, so it is counted. */
    private static String volumeName(int index) {
        return "rom-" + index;
    }

    private static Volume rom(String name, RomFile file) {
        VolumeBuilder volume = new VolumeBuilder().withName(name);
        RomFileKey secret = file.secret();
        return secret == null
                ? volume.withNewConfigMap()
                        .withName(Objects.requireNonNull(file.configMap()).name())
                        .withItems(item(file.configMap()))
                        .endConfigMap()
                        .build()
                : volume.withNewSecret()
                        .withSecretName(secret.name())
                        .withItems(item(secret))
                        .endSecret()
                        .build();
    }

    private static KeyToPath item(RomFileKey key) {
        return new KeyToPathBuilder().withKey(key.key()).withPath(ROM).build();
    }
}
