package dev.holdfast.plan;

import dev.holdfast.api.vm.CloudInitNoCloud;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.VmVolume;
import dev.holdfast.qemu.GuestPaths;
import dev.holdfast.qemu.QemuDisk;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Volume;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeDevice;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What the volumes of a spec are in the pod. Secrets and ConfigMaps are optional: of one that there is not the kubelet
 * would wait without a word in the pod's status, while the launcher says that it is missing.
 */
final class PodVolumes {
    private static final long MIB = 1L << 20;
    private static final String MEDIA_VOLUME = "media";
    /** A Secret or ConfigMap has 1 MiB at the most, and a file of it may take a sector more. */
    static final long MEDIUM_BYTES = 4 * MIB;

    private static final String VOLUME = "disk-";

    private final List<Volume> volumes = new ArrayList<>();
    private final List<VolumeMount> mounts = new ArrayList<>();
    private final List<VolumeDevice> devices = new ArrayList<>();

    private PodVolumes() {}

    /**
     * Of a spec without faults.
     *
     * @param disks of its shape
     */
    static PodVolumes of(PassthroughVM vm, Claims claims, List<QemuDisk> disks) {
        PodVolumes pod = new PodVolumes();
        PassthroughVMSpec spec = vm.getSpec();
        for (VmVolume volume : Volumes.of(spec)) {
            pod.add(vm, volume, claims);
        }
        disks.forEach(pod::scratch);
        long media = Volumes.of(spec).stream().filter(EmulatedDevices::isMedium).count();
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

    List<Volume> volumes() {
        return volumes;
    }

    List<VolumeMount> mounts() {
        return mounts;
    }

    List<VolumeDevice> devices() {
        return devices;
    }

    private void add(PassthroughVM vm, VmVolume volume, Claims claims) {
        String mounted = GuestPaths.VOLUMES_DIR + "/" + volume.name();
        VolumeBuilder builder = new VolumeBuilder().withName(VOLUME + volume.name());
        if (volume.containerDisk() != null) {
            add(
                    builder.withNewImage()
                            .withReference(volume.containerDisk().image())
                            .withPullPolicy(
                                    volume.containerDisk().imagePullPolicy() == null
                                            ? null
                                            : volume.containerDisk()
                                                    .imagePullPolicy()
                                                    .name())
                            .endImage()
                            .build(),
                    mounted,
                    true);
        } else if (volume.persistentVolumeClaim() != null) {
            claim(builder, volume, claims, mounted);
        } else if (volume.secret() != null) {
            add(secret(builder, volume.secret().secretName(), true), mounted, true);
        } else if (volume.configMap() != null) {
            add(
                    builder.withNewConfigMap()
                            .withName(volume.configMap().name())
                            .withOptional(true)
                            .endConfigMap()
                            .build(),
                    mounted,
                    true);
        } else if (volume.cloudInitNoCloud() != null) {
            cloudInit(vm, volume.name(), volume.cloudInitNoCloud(), mounted);
        }
    }

    private void claim(VolumeBuilder builder, VmVolume volume, Claims claims, String mounted) {
        String claim = Objects.requireNonNull(volume.persistentVolumeClaim()).claimName();
        boolean readOnly = VolumeFaults.isReadOnly(volume);
        Volume made = builder.withNewPersistentVolumeClaim()
                .withClaimName(claim)
                .withReadOnly(readOnly ? true : null)
                .endPersistentVolumeClaim()
                .build();
        if (claims.isBlock(claim)) {
            volumes.add(made);
            devices.add(new VolumeDevice(GuestPaths.BLOCK_DIR + "/" + volume.name(), made.getName()));
        } else {
            add(made, mounted, readOnly);
        }
    }

    private void cloudInit(PassthroughVM vm, String name, CloudInitNoCloud seed, String mounted) {
        // Ours is there before the pod is: were it missing, the kubelet may well wait for it.
        add(
                secret(
                        new VolumeBuilder().withName(VOLUME + name),
                        EmulatedDevices.userSecret(vm, seed),
                        seed.secretRef() != null),
                mounted + "/user",
                true);
        if (seed.networkDataSecretRef() != null || seed.networkData() != null || seed.networkDataBase64() != null) {
            add(
                    secret(
                            new VolumeBuilder().withName("net-" + name),
                            EmulatedDevices.networkSecret(vm, seed),
                            seed.networkDataSecretRef() != null),
                    mounted + "/network",
                    true);
        }
    }

    private static Volume secret(VolumeBuilder builder, String name, boolean optional) {
        return builder.withNewSecret()
                .withSecretName(name)
                .withOptional(optional ? true : null)
                .endSecret()
                .build();
    }

    /** For what the launcher makes on the node's disk. */
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
