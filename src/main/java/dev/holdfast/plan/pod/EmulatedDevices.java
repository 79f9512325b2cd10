package dev.holdfast.plan.pod;

import dev.holdfast.api.vm.PassthroughVM;
import dev.holdfast.api.vm.network.Protocol;
import dev.holdfast.plan.machine.DiskVolume;
import dev.holdfast.plan.machine.DiskVolume.SeedData;
import dev.holdfast.plan.machine.MachineDisk;
import dev.holdfast.plan.machine.MachineSpec;
import dev.holdfast.plan.machine.NetworkCard;
import dev.holdfast.plan.machine.Sha256;
import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.GuestPaths;
import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuDisk.Bus;
import dev.holdfast.qemu.shape.QemuDisk.Cache;
import dev.holdfast.qemu.shape.QemuDisk.Io;
import dev.holdfast.qemu.shape.QemuNic;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Converts disks and network cards of a machine to a QEMU shape. Nulls are those of the shape's JSON. */
final class EmulatedDevices {
    private EmulatedDevices() {}

    static List<QemuDisk> disks(PassthroughVM vm, MachineSpec machine, Set<String> blockClaims) {
        return machine.disks().stream().map(disk -> disk(vm, disk, blockClaims)).toList();
    }

    private static QemuDisk disk(PassthroughVM vm, MachineDisk disk, Set<String> blockClaims) {
        DiskVolume volume = disk.volume();
        return new QemuDisk(
                disk.name(),
                disk.bus(),
                disk.cdrom(),
                disk.readOnly()
                        || volume.isReadOnlyClaim()
                        // A SATA disk must be writable; what is written to such an image is lost with the pod.
                        || (volume.isMedium() && disk.bus() != Bus.SATA),
                orNull(disk.bootIndex()),
                disk.serial(),
                cache(disk),
                io(disk),
                disk.discard(),
                source(vm, disk, blockClaims));
    }

    private static @Nullable Integer orNull(OptionalInt number) {
        return number.isPresent() ? number.getAsInt() : null;
    }

    private static @Nullable Cache cache(MachineDisk disk) {
        return switch (disk.cache()) {
            case AUTO -> null;
            case NONE -> Cache.NONE;
            case WRITEBACK -> Cache.WRITEBACK;
            case WRITETHROUGH -> Cache.WRITETHROUGH;
        };
    }

    private static @Nullable Io io(MachineDisk disk) {
        return switch (disk.io()) {
            case AUTO -> null;
            case THREADS -> Io.THREADS;
            case NATIVE -> Io.NATIVE;
        };
    }

    private static DiskSource source(PassthroughVM vm, MachineDisk disk, Set<String> blockClaims) {
        String name = disk.name();
        String mounted = DiskVolumes.folder(disk);
        String scratch = GuestPaths.SCRATCH_DIR + "/" + name;
        String medium = GuestPaths.MEDIA_DIR + "/" + name + ".iso";
        return switch (disk.volume()) {
            case DiskVolume.ContainerImage image ->
                new DiskSource.ContainerImage(
                        mounted, image.path().orElse(null), scratch + "/overlay.qcow2", image.capacityBytes());
            case DiskVolume.Claim claim -> {
                boolean block = blockClaims.contains(claim.claimName());
                yield new DiskSource.Claim(
                        claim.claimName(),
                        block ? GuestPaths.BLOCK_DIR + "/" + name : mounted + "/disk.img",
                        block,
                        claim.format());
            }
            case DiskVolume.Empty empty -> new DiskSource.Empty(scratch + "/disk.img", empty.bytes());
            case DiskVolume.SecretFiles files ->
                new DiskSource.Files("Secret " + files.secretName(), mounted, "cfgdata", medium);
            case DiskVolume.ConfigMapFiles files ->
                new DiskSource.Files("ConfigMap " + files.configMapName(), mounted, "cfgdata", medium);
            case DiskVolume.CloudInit seed ->
                new DiskSource.CloudInit(
                        new DiskSource.Text(secret(vm, seed.user()).orElseThrow(), mounted + "/user"),
                        secret(vm, seed.network())
                                .map(secret -> new DiskSource.Text(secret, mounted + "/network"))
                                .orElse(null),
                        vm.getMetadata().getUid(),
                        vm.getMetadata().getName().replaceFirst("\\..*$", ""),
                        medium);
        };
    }

    /** Returns the name of the Secret with the data, the user's or the operator's; empty without data. */
    static Optional<String> secret(PassthroughVM vm, SeedData data) {
        return switch (data) {
            case SeedData.None none -> Optional.empty();
            case SeedData.Inline inline -> Optional.of(CloudInitSecret.name(vm));
            case SeedData.FromSecret secret -> Optional.of(secret.secretName());
        };
    }

    static List<QemuNic> nics(PassthroughVM vm, MachineSpec machine) {
        return machine.networkCards().stream()
                .map(card -> new QemuNic(
                        card.name(),
                        card.model(),
                        card.givenMacAddress()
                                .orElseGet(() -> mac(vm.getMetadata().getUid(), card.name())),
                        card.ports().stream().map(EmulatedDevices::port).toList()))
                .toList();
    }

    private static QemuNic.Port port(NetworkCard.Port port) {
        return new QemuNic.Port(port.protocol() == Protocol.UDP, port.number());
    }

    /** Returns an address of 46 bits of a hash, unique for the VM's interface and constant, so that the guest recognizes its card. */
    private static String mac(String uid, String name) {
        byte[] hash = Sha256.of(uid + "/" + name);
        // Locally administered, unicast (IEEE 802, 8.2).
        return "%02x:%02x:%02x:%02x:%02x:%02x"
                .formatted(hash[0] & 0xfc | 2, hash[1], hash[2], hash[3], hash[4], hash[5]);
    }
}
