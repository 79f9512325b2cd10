package dev.holdfast.plan.machine;

import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.storage.CloudInitNoCloud;
import dev.holdfast.api.vm.storage.ContainerDisk;
import dev.holdfast.api.vm.storage.DiskBus;
import dev.holdfast.api.vm.storage.DiskDiscard;
import dev.holdfast.api.vm.storage.HardDisk;
import dev.holdfast.api.vm.storage.ImageFormat;
import dev.holdfast.api.vm.storage.SecretName;
import dev.holdfast.api.vm.storage.VmDisk;
import dev.holdfast.api.vm.storage.VmVolume;
import dev.holdfast.api.vm.storage.VolumeClaim;
import dev.holdfast.plan.machine.DiskVolume.SeedData;
import dev.holdfast.plan.machine.MachineDisk.Cache;
import dev.holdfast.plan.machine.MachineDisk.Io;
import dev.holdfast.qemu.shape.QemuDisk;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Combines the disks of a valid spec with their volumes. */
final class DiskReader {
    /** Default capacity of a container disk. */
    private static final long DEFAULT_CAPACITY_BYTES = 20L << 30;

    private static final int SERIAL_LENGTH = 20;
    private static final long SECTOR_BYTES = 512;

    private final List<VmDisk> disks;
    private final Map<String, VmVolume> volumes;

    DiskReader(PassthroughVMSpec spec) {
        this.disks = Given.list(spec.devices().disks());
        this.volumes =
                Given.list(spec.volumes()).stream().collect(Collectors.toMap(VmVolume::name, Function.identity()));
    }

    List<MachineDisk> disks() {
        boolean ordered =
                disks.stream().anyMatch(disk -> Given.of(disk.bootOrder()).isPresent());
        List<MachineDisk> read = new ArrayList<>();
        for (VmDisk disk : disks) {
            // Without a boot order in the spec the disks are tried in the spec's order, as in KubeVirt.
            int order = ordered ? MachineDisk.NOT_ORDERED : read.size() + 1;
            read.add(disk(disk, Given.of(disk.bootOrder()).orElse(order)));
        }
        return read;
    }

    private MachineDisk disk(VmDisk disk, int bootOrder) {
        boolean cdrom = Given.of(disk.cdrom()).isPresent();
        return new MachineDisk(
                disk.name(),
                cdrom ? QemuDisk.Bus.SATA : bus(disk),
                cdrom,
                cdrom || Given.isTrue(Given.of(disk.disk(), HardDisk::readonly)),
                bootOrder,
                Given.of(disk.serial())
                        .orElseGet(() ->
                                disk.name().substring(0, Math.min(disk.name().length(), SERIAL_LENGTH))),
                cache(disk),
                io(disk),
                Given.of(disk.discard()).orElse(DiskDiscard.UNMAP) == DiskDiscard.UNMAP,
                volume(Objects.requireNonNull(volumes.get(disk.name()))));
    }

    private static QemuDisk.Bus bus(VmDisk disk) {
        return switch (Given.of(disk.disk(), HardDisk::bus).orElse(DiskBus.VIRTIO)) {
            case VIRTIO -> QemuDisk.Bus.VIRTIO;
            case SATA -> QemuDisk.Bus.SATA;
            case NVME -> QemuDisk.Bus.NVME;
        };
    }

    private static Cache cache(VmDisk disk) {
        return Given.of(disk.cache())
                .map(cache -> switch (cache) {
                    case NONE -> Cache.NONE;
                    case WRITEBACK -> Cache.WRITEBACK;
                    case WRITETHROUGH -> Cache.WRITETHROUGH;
                })
                .orElse(Cache.AUTO);
    }

    private static Io io(VmDisk disk) {
        return Given.of(disk.io())
                .map(io -> switch (io) {
                    case THREADS -> Io.THREADS;
                    case NATIVE -> Io.NATIVE;
                })
                .orElse(Io.AUTO);
    }

    private static DiskVolume volume(VmVolume volume) {
        return Given.of(volume.containerDisk())
                .map(DiskReader::containerImage)
                .or(() -> Given.of(volume.persistentVolumeClaim()).map(DiskReader::claim))
                .or(() -> Given.of(volume.emptyDisk()).map(disk -> new DiskVolume.Empty(sectors(disk.capacity()))))
                .or(() -> Given.of(volume.secret()).map(files -> new DiskVolume.SecretFiles(files.secretName())))
                .or(() -> Given.of(volume.configMap()).map(files -> new DiskVolume.ConfigMapFiles(files.name())))
                .or(() -> Given.of(volume.cloudInitNoCloud()).map(DiskReader::cloudInit))
                .orElseThrow();
    }

    private static DiskVolume containerImage(ContainerDisk disk) {
        return new DiskVolume.ContainerImage(
                disk.image(),
                Given.of(disk.path()).orElse(""),
                Given.of(disk.imagePullPolicy()).map(Enum::name).orElse(""),
                Given.of(disk.capacity()).map(DiskReader::sectors).orElse(DEFAULT_CAPACITY_BYTES));
    }

    private static DiskVolume claim(VolumeClaim claim) {
        return new DiskVolume.Claim(
                claim.claimName(),
                Given.isTrue(Given.of(claim.readOnly())),
                switch (Given.of(claim.format()).orElse(ImageFormat.RAW)) {
                    case RAW -> QemuDisk.Format.RAW;
                    case QCOW2 -> QemuDisk.Format.QCOW2;
                });
    }

    private static DiskVolume cloudInit(CloudInitNoCloud seed) {
        return new DiskVolume.CloudInit(
                seed(seed.userData(), seed.userDataBase64(), seed.secretRef()),
                seed(seed.networkData(), seed.networkDataBase64(), seed.networkDataSecretRef()));
    }

    private static SeedData seed(@Nullable String text, @Nullable String base64, @Nullable SecretName secret) {
        Optional<SeedData> inline = Given.of(text)
                .map(data -> Base64.getEncoder().encodeToString(data.getBytes(StandardCharsets.UTF_8)))
                .or(() -> Given.of(base64).map(data -> data.replaceAll("\\s", "")))
                .map(SeedData.Inline::new);
        return inline.or(() -> Given.of(secret).map(name -> new SeedData.FromSecret(name.name())))
                .orElseGet(SeedData.None::new);
    }

    /** Returns the capacity rounded up to whole sectors. */
    private static long sectors(String capacity) {
        return Math.ceilDiv(ByteQuantity.ceiling(capacity), SECTOR_BYTES) * SECTOR_BYTES;
    }
}
