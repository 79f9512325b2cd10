package dev.holdfast.plan;

import dev.holdfast.api.vm.CloudInitNoCloud;
import dev.holdfast.api.vm.DiskBus;
import dev.holdfast.api.vm.DiskDiscard;
import dev.holdfast.api.vm.ImageFormat;
import dev.holdfast.api.vm.NicModel;
import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.Port;
import dev.holdfast.api.vm.Protocol;
import dev.holdfast.api.vm.VmDisk;
import dev.holdfast.api.vm.VmInterface;
import dev.holdfast.api.vm.VmVolume;
import dev.holdfast.qemu.DiskSource;
import dev.holdfast.qemu.GuestPaths;
import dev.holdfast.qemu.QemuDisk;
import dev.holdfast.qemu.QemuDisk.Bus;
import dev.holdfast.qemu.QemuDisk.Cache;
import dev.holdfast.qemu.QemuDisk.Format;
import dev.holdfast.qemu.QemuDisk.Io;
import dev.holdfast.qemu.QemuNic;
import dev.holdfast.qemu.QemuNic.Model;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Disks and network cards of a spec without faults, as QEMU has them. */
final class EmulatedDevices {
    private static final int SERIAL_LENGTH = 20;
    private static final long SECTOR_BYTES = 512;

    private EmulatedDevices() {}

    static List<QemuDisk> disks(PassthroughVM vm, Claims claims) {
        List<VmDisk> wanted = Volumes.disks(vm.getSpec());
        boolean ordered = wanted.stream().anyMatch(disk -> disk.bootOrder() != null);
        List<QemuDisk> disks = new ArrayList<>();
        for (int i = 0; i < wanted.size(); i++) {
            // Without any order by the user the disks are tried as they come, as KubeVirt does.
            disks.add(disk(vm, wanted.get(i), ordered ? wanted.get(i).bootOrder() : Integer.valueOf(i + 1), claims));
        }
        return disks;
    }

    private static QemuDisk disk(PassthroughVM vm, VmDisk disk, @Nullable Integer bootIndex, Claims claims) {
        VmVolume volume = Volumes.of(vm.getSpec(), disk);
        boolean sata = VolumeFaults.isSata(disk);
        boolean cdrom = disk.cdrom() != null;
        return new QemuDisk(
                disk.name(),
                cdrom || sata ? Bus.SATA : bus(disk),
                cdrom,
                cdrom
                        || (disk.disk() != null
                                && Boolean.TRUE.equals(disk.disk().readonly()))
                        || VolumeFaults.isReadOnly(volume)
                        // A SATA disk has to be writable; what is written to such an image is gone with the pod.
                        || (isMedium(volume) && !sata),
                bootIndex,
                Objects.requireNonNullElse(
                        disk.serial(),
                        disk.name().substring(0, Math.min(disk.name().length(), SERIAL_LENGTH))),
                cache(disk),
                io(disk),
                disk.discard() != DiskDiscard.IGNORE,
                source(vm, volume, claims));
    }

    private static Bus bus(VmDisk disk) {
        return disk.disk() != null && disk.disk().bus() == DiskBus.NVME ? Bus.NVME : Bus.VIRTIO;
    }

    private static @Nullable Cache cache(VmDisk disk) {
        return switch (disk.cache()) {
            case null -> null;
            case NONE -> Cache.NONE;
            case WRITEBACK -> Cache.WRITEBACK;
            case WRITETHROUGH -> Cache.WRITETHROUGH;
        };
    }

    private static @Nullable Io io(VmDisk disk) {
        return switch (disk.io()) {
            case null -> null;
            case THREADS -> Io.THREADS;
            case NATIVE -> Io.NATIVE;
        };
    }

    /** An ISO image that the launcher makes. */
    static boolean isMedium(VmVolume volume) {
        return volume.cloudInitNoCloud() != null || volume.secret() != null || volume.configMap() != null;
    }

    private static DiskSource source(PassthroughVM vm, VmVolume volume, Claims claims) {
        String name = volume.name();
        String mounted = GuestPaths.VOLUMES_DIR + "/" + name;
        String scratch = GuestPaths.SCRATCH_DIR + "/" + name;
        String medium = GuestPaths.MEDIA_DIR + "/" + name + ".iso";
        if (volume.containerDisk() != null) {
            return new DiskSource.ContainerImage(
                    mounted, volume.containerDisk().path(), scratch + "/overlay.qcow2", capacityBytes(volume));
        }
        if (volume.persistentVolumeClaim() != null) {
            String claim = volume.persistentVolumeClaim().claimName();
            boolean block = claims.isBlock(claim);
            boolean qcow2 = volume.persistentVolumeClaim().format() == ImageFormat.QCOW2;
            return new DiskSource.Claim(
                    claim,
                    block ? GuestPaths.BLOCK_DIR + "/" + name : mounted + "/disk.img",
                    block,
                    qcow2 ? Format.QCOW2 : Format.RAW);
        }
        if (volume.emptyDisk() != null) {
            return new DiskSource.Empty(
                    scratch + "/disk.img", bytes(volume.emptyDisk().capacity()));
        }
        if (volume.secret() != null) {
            return new DiskSource.Files("Secret " + volume.secret().secretName(), mounted, "cfgdata", medium);
        }
        if (volume.configMap() != null) {
            return new DiskSource.Files("ConfigMap " + volume.configMap().name(), mounted, "cfgdata", medium);
        }
        return cloudInit(vm, Objects.requireNonNull(volume.cloudInitNoCloud()), mounted, medium);
    }

    private static DiskSource cloudInit(PassthroughVM vm, CloudInitNoCloud seed, String mounted, String medium) {
        boolean network =
                seed.networkData() != null || seed.networkDataBase64() != null || seed.networkDataSecretRef() != null;
        String name = vm.getMetadata().getName();
        return new DiskSource.CloudInit(
                new DiskSource.Text(userSecret(vm, seed), mounted + "/user"),
                network ? new DiskSource.Text(networkSecret(vm, seed), mounted + "/network") : null,
                vm.getMetadata().getUid(),
                name.replaceFirst("\\..*$", ""),
                medium);
    }

    /** The Secret with user-data: the user's, or ours. */
    static String userSecret(PassthroughVM vm, CloudInitNoCloud seed) {
        return seed.secretRef() == null
                ? CloudInitSecret.name(vm)
                : seed.secretRef().name();
    }

    static String networkSecret(PassthroughVM vm, CloudInitNoCloud seed) {
        return seed.networkDataSecretRef() == null
                ? CloudInitSecret.name(vm)
                : seed.networkDataSecretRef().name();
    }

    private static long capacityBytes(VmVolume volume) {
        String capacity = Objects.requireNonNull(volume.containerDisk()).capacity();
        return capacity == null ? NodeDiskSpace.DEFAULT_CAPACITY_BYTES : bytes(capacity);
    }

    /** Whole sectors, as no disk has less. */
    private static long bytes(String capacity) {
        long bytes = Quantity.parse(capacity)
                .getNumericalAmount()
                .setScale(0, RoundingMode.UP)
                .longValueExact();
        return (bytes + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES;
    }

    static List<QemuNic> nics(PassthroughVM vm) {
        return NetworkFaults.interfaces(vm.getSpec()).stream()
                .map(nic -> new QemuNic(
                        nic.name(),
                        nic.model() == NicModel.E1000E ? Model.E1000E : Model.VIRTIO,
                        nic.macAddress() == null
                                ? mac(vm.getMetadata().getUid(), nic.name())
                                : nic.macAddress().toLowerCase(Locale.ROOT),
                        ports(nic).stream()
                                .map(port -> new QemuNic.Port(port.protocol() == Protocol.UDP, port.port()))
                                .toList()))
                .toList();
    }

    static List<Port> ports(VmInterface nic) {
        return Objects.requireNonNullElse(nic.ports(), List.of());
    }

    /** Of this VM's interface alone and always the same, so that a guest knows its card again: 46 bits of a hash. */
    private static String mac(String uid, String name) {
        byte[] hash = Sha256.of(uid + "/" + name);
        // Administered locally, of one card (IEEE 802, 8.2).
        return "%02x:%02x:%02x:%02x:%02x:%02x"
                .formatted(hash[0] & 0xfc | 2, hash[1], hash[2], hash[3], hash[4], hash[5]);
    }
}
