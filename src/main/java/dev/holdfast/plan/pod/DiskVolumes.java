package dev.holdfast.plan.pod;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.plan.machine.DiskVolume;
import dev.holdfast.plan.machine.DiskVolume.SeedData;
import dev.holdfast.plan.machine.MachineDisk;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.qemu.shape.GuestPaths;
import dev.holdfast.qemu.shape.QemuDisk;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeDevice;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Volumes of the pod for the disks of a machine. Secrets and ConfigMaps are optional: for a missing one the kubelet would wait
 * without a message in the pod's status, whereas the launcher reports it.
 */
final class DiskVolumes {
    private static final long MIB = 1L << 20;
    private static final String MEDIA_VOLUME = "media";
    /** A Secret or ConfigMap has at most 1 MiB, and each file may take a sector more. */
    static final long MEDIUM_BYTES = 4 * MIB;

    private static final String VOLUME = "disk-";

    private final List<Volume> volumes = new ArrayList<>();
    private final List<VolumeMount> mounts = new ArrayList<>();
    private final List<VolumeDevice> devices = new ArrayList<>();

    private DiskVolumes() {}

    /**
     * Makes the volumes of a machine's disks.
     *
     * @param blockClaims the claims whose volumes are block devices
     * @param disks       disks of the machine's QEMU shape
     */
    static DiskVolumes of(PassthroughVM vm, MachineSpec machine, Set<String> blockClaims, List<QemuDisk> disks) {
        DiskVolumes pod = new DiskVolumes();
        machine.disks().forEach(disk -> pod.add(vm, disk, blockClaims));
        disks.forEach(pod::scratch);
        long media = machine.disks().stream()
                .filter(disk -> disk.volume().isMedium())
                .count();
        if (media > 0) {
            pod.add(
                    new VolumeBuilder()
                            .withName(MEDIA_VOLUME)
                            .withNewEmptyDir()
                            .withMedium("Memory")
                            .withSizeLimit(new Quantity(media * MEDIUM_BYTES / MIB + "Mi"))
                            .endEmptyDir()
                            .build(),
                    GuestPaths.MEDIA_DIR,
                    false);
        }
        return pod;
    }

    /** Returns where a disk's volume is mounted. */
    static String folder(MachineDisk disk) {
        return GuestPaths.VOLUMES_DIR + "/" + disk.name();
    }

    List<Volume> volumes() {
        return volumes;
    }

    List<VolumeMount> mounts() {
        return mounts;
    }

    List<VolumeDevice> devices() {
        return devices;
    }

    private void add(PassthroughVM vm, MachineDisk disk, Set<String> blockClaims) {
        VolumeBuilder builder = new VolumeBuilder().withName(VOLUME + disk.name());
        switch (disk.volume()) {
            case DiskVolume.ContainerImage image ->
                add(
                        builder.withNewImage()
                                .withReference(image.image())
                                .withPullPolicy(image.pull().orElse(null))
                                .endImage()
                                .build(),
                        folder(disk),
                        true);
            case DiskVolume.Claim claim -> claim(builder, disk, claim, blockClaims);
            case DiskVolume.SecretFiles files -> add(secret(builder, files.secretName(), true), folder(disk), true);
            case DiskVolume.ConfigMapFiles files ->
                add(
                        builder.withNewConfigMap()
                                .withName(files.configMapName())
                                .withOptional(true)
                                .endConfigMap()
                                .build(),
                        folder(disk),
                        true);
            case DiskVolume.CloudInit seed -> {
                seed(vm, VOLUME + disk.name(), seed.user(), folder(disk) + "/user");
                seed(vm, "net-" + disk.name(), seed.network(), folder(disk) + "/network");
            }
            case DiskVolume.Empty empty -> {}
        }
    }

    private void claim(VolumeBuilder builder, MachineDisk disk, DiskVolume.Claim claim, Set<String> blockClaims) {
        Volume made = builder.withNewPersistentVolumeClaim()
                .withClaimName(claim.claimName())
                .withReadOnly(claim.readOnly() ? true : null)
                .endPersistentVolumeClaim()
                .build();
        if (blockClaims.contains(claim.claimName())) {
            volumes.add(made);
            devices.add(new VolumeDevice(GuestPaths.BLOCK_DIR + "/" + disk.name(), made.getName()));
        } else {
            add(made, folder(disk), claim.readOnly());
        }
    }

    private void seed(PassthroughVM vm, String volume, SeedData data, String path) {
        // The operator's Secret is created before the pod; if it is missing, the kubelet is right to wait for it.
        boolean users = data instanceof SeedData.FromSecret;
        EmulatedDevices.secret(vm, data)
                .ifPresent(name -> add(secret(new VolumeBuilder().withName(volume), name, users), path, true));
    }

    private static Volume secret(VolumeBuilder builder, String name, boolean optional) {
        return builder.withNewSecret()
                .withSecretName(name)
                .withOptional(optional ? true : null)
                .endSecret()
                .build();
    }

    /** Adds the volume for the file that the launcher creates on the node's disk, if any. */
    private void scratch(QemuDisk disk) {
        long bytes = NodeDiskSpace.bytes(disk);
        if (bytes > 0) {
            add(
                    new VolumeBuilder()
                            .withName("temp-" + disk.name())
                            .withNewEmptyDir()
                            .withSizeLimit(VmContainer.bytes(bytes))
                            .endEmptyDir()
                            .build(),
                    GuestPaths.SCRATCH_DIR + "/" + disk.name(),
                    false);
        }
    }

    private void add(Volume volume, String path, boolean readOnly) {
        volumes.add(volume);
        mounts.add(new VolumeMountBuilder()
                .withName(volume.getName())
                .withMountPath(path)
                .withReadOnly(readOnly ? true : null)
                .build());
    }
}
