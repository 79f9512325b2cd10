package dev.holdfast.plan.pod;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.PassedDevice;
import dev.holdfast.plan.machine.PassedDevice.OptionRom.FromObject;
import dev.holdfast.qemu.shape.GuestPaths;
import io.fabric8.kubernetes.api.model.KeyToPath;
import io.fabric8.kubernetes.api.model.KeyToPathBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.List;

/**
 * Volumes of the pod other than those for disks: sockets and UEFI variables, the kernel to start, state that outlives the
 * pod, and option ROMs.
 */
final class SupportVolumes {
    /** Name of the file in a ROM's volume, for any key. */
    static final String ROM = "rom";

    private static final String RUN_VOLUME = "run";
    private static final String KERNEL_VOLUME = "kernel";
    private static final String STATE_VOLUME = "state";

    private SupportVolumes() {}

    static List<Volume> volumes(PassthroughVM vm, MachineSpec machine) {
        List<Volume> volumes = new ArrayList<>();
        volumes.add(new VolumeBuilder()
                .withName(RUN_VOLUME)
                .withNewEmptyDir()
                .withMedium("Memory")
                .withSizeLimit(new Quantity(machine.firmware().isUefi() ? "2Mi" : "1Mi"))
                .endEmptyDir()
                .build());
        machine.kernel()
                .fromImage()
                .ifPresent(kernel -> volumes.add(new VolumeBuilder()
                        .withName(KERNEL_VOLUME)
                        .withNewImage()
                        .withReference(kernel.image())
                        .endImage()
                        .build()));
        if (machine.firmware().hasState()) {
            volumes.add(new VolumeBuilder()
                    .withName(STATE_VOLUME)
                    .withNewPersistentVolumeClaim()
                    .withClaimName(StateClaim.name(vm))
                    .endPersistentVolumeClaim()
                    .build());
        }
        for (PassedDevice device : machine.devices()) {
            if (device.rom() instanceof FromObject rom) {
                volumes.add(rom(volumeName(machine, device), rom));
            }
        }
        return volumes;
    }

    static List<VolumeMount> mounts(MachineSpec machine) {
        List<VolumeMount> mounts = new ArrayList<>();
        mounts.add(mount(RUN_VOLUME, GuestPaths.RUN_DIR));
        if (machine.kernel().fromImage().isPresent()) {
            mounts.add(readOnly(KERNEL_VOLUME, GuestPaths.KERNEL_DIR));
        }
        if (machine.firmware().hasState()) {
            mounts.add(mount(STATE_VOLUME, GuestPaths.STATE_DIR));
        }
        machine.devices().stream()
                .filter(PassedDevice::hasRomFile)
                .forEach(device -> mounts.add(readOnly(volumeName(machine, device), romFolder(device))));
        return mounts;
    }

    private static VolumeMount mount(String volume, String path) {
        return new VolumeMountBuilder().withName(volume).withMountPath(path).build();
    }

    private static VolumeMount readOnly(String volume, String path) {
        return new VolumeMountBuilder()
                .withName(volume)
                .withMountPath(path)
                .withReadOnly(true)
                .build();
    }

    static String romFolder(PassedDevice device) {
        return GuestPaths.ROM_DIR + "/" + device.name();
    }

    /** Returns a numbered name, as a GPU's name may be as long as a volume's. */
    private static String volumeName(MachineSpec machine, PassedDevice device) {
        return "rom-"
                + machine.devices().stream()
                        .filter(PassedDevice::hasRomFile)
                        .toList()
                        .indexOf(device);
    }

    private static Volume rom(String name, FromObject rom) {
        VolumeBuilder volume = new VolumeBuilder().withName(name);
        KeyToPath item = new KeyToPathBuilder().withKey(rom.key()).withPath(ROM).build();
        return switch (rom.kind()) {
            case CONFIG_MAP ->
                volume.withNewConfigMap()
                        .withName(rom.object())
                        .withItems(item)
                        .endConfigMap()
                        .build();
            case SECRET ->
                volume.withNewSecret()
                        .withSecretName(rom.object())
                        .withItems(item)
                        .endSecret()
                        .build();
        };
    }
}
