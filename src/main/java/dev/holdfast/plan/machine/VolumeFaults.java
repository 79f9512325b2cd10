package dev.holdfast.plan.machine;

import dev.holdfast.api.vm.CloudInitNoCloud;
import dev.holdfast.api.vm.DiskBus;
import dev.holdfast.api.vm.DiskCache;
import dev.holdfast.api.vm.DiskIo;
import dev.holdfast.api.vm.PassthroughVMSpec;
import dev.holdfast.api.vm.VmDisk;
import dev.holdfast.api.vm.VmVolume;
import io.fabric8.kubernetes.api.model.Quantity;
import java.math.BigDecimal;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What is wrong with the disks of a spec. The API server has said all of it before; a spec from a file has not been there.
 */
final class VolumeFaults {
    private static final int MOST_DISKS = 16;
    private static final int MOST_SATA = 6;
    private static final int NAME_LENGTH = 58;
    private static final int MOST_TEXT = 65536;
    private static final BigDecimal MIB = BigDecimal.valueOf(1 << 20);
    private static final BigDecimal MOST_BYTES = BigDecimal.valueOf(64L << 40);

    static final Pattern NAME = Pattern.compile("[a-z0-9]([-a-z0-9]*[a-z0-9])?");
    private static final Pattern OBJECT = Pattern.compile("[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?");
    private static final Pattern SERIAL = Pattern.compile("[A-Za-z0-9_.-]{1,20}");
    private static final Pattern PATH = Pattern.compile("(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+");
    private static final Pattern IMAGE = Pattern.compile("\\S{1,512}");

    private VolumeFaults() {}

    /** @throws IllegalArgumentException with one sentence */
    static void check(PassthroughVMSpec spec) {
        List<VmDisk> disks = Volumes.disks(spec);
        List<VmVolume> volumes = Volumes.of(spec);
        Set<String> diskNames = names(
                "disk", "spec.devices.disks", disks.stream().map(VmDisk::name).toList());
        Set<String> volumeNames = names(
                "volume", "spec.volumes", volumes.stream().map(VmVolume::name).toList());
        require(
                disks.size() <= MOST_DISKS,
                "spec.devices.disks has %d disks, but 16 is the most; remove some",
                disks.size());
        diskNames.forEach(name -> require(
                volumeNames.contains(name),
                "the disk %s has no volume of its name; add one to spec.volumes, or remove the disk",
                name));
        volumeNames.forEach(name -> require(
                diskNames.contains(name),
                "the volume %s has no disk of its name, so the guest would not see it; add one to spec.devices.disks, or remove the volume",
                name));
        disks.forEach(VolumeFaults::check);
        volumes.forEach(VolumeFaults::check);
        Set<Integer> orders = new HashSet<>();
        disks.stream()
                .map(VmDisk::bootOrder)
                .filter(Objects::nonNull)
                .forEach(order -> require(orders.add(order), "two disks have the bootOrder %d; renumber one", order));
        require(
                disks.stream()
                                .filter(disk -> disk.cdrom() != null || isSata(disk))
                                .count()
                        <= MOST_SATA,
                "there are more than the 6 SATA disks and CD-ROM drives that the controller takes; choose bus virtio or nvme for some");
        disks.stream()
                .filter(VolumeFaults::isSata)
                .forEach(disk -> require(
                        !isReadOnly(Volumes.of(spec, disk)),
                        "the SATA disk %s cannot be read-only as its claim is; choose bus virtio or nvme, or make it a cdrom",
                        disk.name()));
        require(
                volumes.stream()
                                .filter(volume -> volume.cloudInitNoCloud() != null)
                                .count()
                        <= 1,
                "two volumes are for cloud-init, which reads one; remove one, or make it a secret or configMap");
        Set<String> claims = new HashSet<>();
        Volumes.claims(spec)
                .forEach(claim -> require(
                        claims.add(claim),
                        "two volumes have the claim %s, but one disk is written by one; remove one",
                        claim));
    }

    static Set<String> names(String what, String field, List<String> names) {
        Set<String> unique = new HashSet<>();
        for (String name : names) {
            require(
                    name != null
                            && name.length() <= NAME_LENGTH
                            && NAME.matcher(name).matches(),
                    "a %s of %s is named %s, but lower-case letters, digits and inner dashes are expected, 58 at the most; rename it",
                    what,
                    field,
                    name);
            require(unique.add(name), "%s has two entries named %s; rename one", field, name);
        }
        return unique;
    }

    private static void check(VmDisk disk) {
        require(
                disk.disk() == null || disk.cdrom() == null,
                "the disk %s has both disk and cdrom, but a drive is one of them; remove one",
                disk.name());
        require(
                disk.bootOrder() == null || (disk.bootOrder() >= 1 && disk.bootOrder() <= 64),
                "the disk %s has the bootOrder %s, but 1 to 64 is expected",
                disk.name(),
                disk.bootOrder());
        require(
                disk.serial() == null || SERIAL.matcher(disk.serial()).matches(),
                "the disk %s has the serial number %s, but 1 to 20 letters, digits and _.- are expected",
                disk.name(),
                disk.serial());
        require(
                disk.io() != DiskIo.NATIVE || disk.cache() == null || disk.cache() == DiskCache.NONE,
                "the disk %s has io native, which goes past the page cache and so takes cache none; give that, or leave one out",
                disk.name());
        require(
                !isSata(disk)
                        || disk.disk() == null
                        || !Boolean.TRUE.equals(disk.disk().readonly()),
                "the SATA disk %s cannot be read-only; choose bus virtio or nvme, or make it a cdrom",
                disk.name());
    }

    private static void check(VmVolume volume) {
        long kinds = Stream.of(
                        volume.containerDisk(),
                        volume.persistentVolumeClaim(),
                        volume.emptyDisk(),
                        volume.cloudInitNoCloud(),
                        volume.secret(),
                        volume.configMap())
                .filter(Objects::nonNull)
                .count();
        String name = volume.name();
        require(
                kinds == 1,
                "the volume %s is %d of containerDisk, persistentVolumeClaim, emptyDisk, cloudInitNoCloud, secret and configMap; give exactly one",
                name,
                kinds);
        if (volume.containerDisk() != null) {
            String image = volume.containerDisk().image();
            String path = volume.containerDisk().path();
            require(
                    image != null && IMAGE.matcher(image).matches(),
                    "the volume %s has the image \"%s\"; give one such as registry.example.com/debian:13",
                    name,
                    image);
            require(
                    path == null || (path.length() <= 512 && PATH.matcher(path).matches()),
                    "the volume %s has the path \"%s\", but an absolute path of letters, digits and ._+- without a part that begins with a dot is expected",
                    name,
                    path);
        }
        if (volume.persistentVolumeClaim() != null) {
            object(name, "claim", volume.persistentVolumeClaim().claimName());
        }
        if (volume.secret() != null) {
            object(name, "Secret", volume.secret().secretName());
        }
        if (volume.configMap() != null) {
            object(name, "ConfigMap", volume.configMap().name());
        }
        if (volume.containerDisk() != null && volume.containerDisk().capacity() != null) {
            capacity("container disk", name, volume.containerDisk().capacity());
        }
        if (volume.emptyDisk() != null) {
            capacity("empty disk", name, volume.emptyDisk().capacity());
        }
        if (volume.cloudInitNoCloud() != null) {
            cloudInit(name, volume.cloudInitNoCloud());
        }
    }

    private static void capacity(String what, String name, @Nullable String capacity) {
        BigDecimal bytes = BigDecimal.ZERO;
        try {
            bytes = capacity == null ? bytes : Quantity.parse(capacity).getNumericalAmount();
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        require(
                bytes.compareTo(MIB) >= 0 && bytes.compareTo(MOST_BYTES) <= 0,
                "the %s %s has the capacity %s, but 1Mi to 64Ti is expected; give a size such as 10Gi",
                what,
                name,
                capacity);
    }

    private static void cloudInit(String name, CloudInitNoCloud seed) {
        require(
                count(seed.userData(), seed.userDataBase64(), seed.secretRef()) == 1,
                "the volume %s has not exactly one of userData, userDataBase64 and secretRef; give one",
                name);
        require(
                count(seed.networkData(), seed.networkDataBase64(), seed.networkDataSecretRef()) <= 1,
                "the volume %s has more than one of networkData, networkDataBase64 and networkDataSecretRef; remove the others",
                name);
        if (seed.secretRef() != null) {
            object(name, "Secret", seed.secretRef().name());
        }
        if (seed.networkDataSecretRef() != null) {
            object(name, "Secret", seed.networkDataSecretRef().name());
        }
        Stream.of(seed.userData(), seed.userDataBase64(), seed.networkData(), seed.networkDataBase64())
                .filter(Objects::nonNull)
                .forEach(text -> require(
                        !text.isEmpty() && text.length() <= MOST_TEXT,
                        "the volume %s has cloud-init data of %d characters, but 1 to 65536 are expected; put more into a Secret",
                        name,
                        text.length()));
        Stream.of(seed.userDataBase64(), seed.networkDataBase64())
                .filter(Objects::nonNull)
                .forEach(text -> base64(name, text));
    }

    private static void base64(String name, String text) {
        try {
            Base64.getDecoder().decode(text.replaceAll("\\s", ""));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "the volume %s has cloud-init data that is no base64; encode it by `base64 -w0`".formatted(name),
                    e);
        }
    }

    private static long count(@Nullable Object... given) {
        return Stream.of(given).filter(Objects::nonNull).count();
    }

    private static void object(String volume, String kind, @Nullable String name) {
        require(
                name != null && OBJECT.matcher(name).matches(),
                "the volume %s has the %s \"%s\", but a name of lower-case letters, digits, dashes and dots is expected",
                volume,
                kind,
                name);
    }

    static boolean isSata(VmDisk disk) {
        return disk.disk() != null && disk.disk().bus() == DiskBus.SATA;
    }

    static boolean isReadOnly(VmVolume volume) {
        return volume.persistentVolumeClaim() != null
                && Boolean.TRUE.equals(volume.persistentVolumeClaim().readOnly());
    }

    static void require(boolean holds, String sentence, @Nullable Object... found) {
        if (!holds) {
            throw new IllegalArgumentException(sentence.formatted(found));
        }
    }
}
