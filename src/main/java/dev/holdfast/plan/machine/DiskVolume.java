package dev.holdfast.plan.machine;

import dev.holdfast.qemu.shape.QemuDisk;
import java.util.Optional;

/** The content of a disk. */
public sealed interface DiskVolume {
    /**
     * A disk image in a container image; what the guest writes is lost with its pod.
     *
     * @param imagePath     absolute; empty for the first file in {@code /disk}
     * @param pullPolicy    as for a container; empty for the kubelet's default
     * @param capacityBytes the largest disk that the image may hold, whole sectors
     */
    record ContainerImage(String image, String imagePath, String pullPolicy, long capacityBytes) implements DiskVolume {
        public Optional<String> path() {
            return Optional.of(imagePath).filter(path -> !path.isEmpty());
        }

        public Optional<String> pull() {
            return Optional.of(pullPolicy).filter(policy -> !policy.isEmpty());
        }
    }

    /** A PersistentVolumeClaim of the VM's namespace. */
    record Claim(String claimName, boolean readOnly, QemuDisk.Format format) implements DiskVolume {}

    /**
     * An empty disk that is lost with its pod.
     *
     * @param bytes whole sectors
     */
    record Empty(long bytes) implements DiskVolume {}

    /** An ISO image for cloud-init. */
    record CloudInit(SeedData user, SeedData network) implements DiskVolume {}

    /** An ISO image with a file for each key of a Secret. */
    record SecretFiles(String secretName) implements DiskVolume {}

    /** An ISO image with a file for each key of a ConfigMap. */
    record ConfigMapFiles(String configMapName) implements DiskVolume {}

    /** Data for cloud-init. */
    sealed interface SeedData {
        record None() implements SeedData {}

        /** Data in the spec, base64 without white space. */
        record Inline(String base64) implements SeedData {
            /** Returns a text without the data, which may be secret. */
            @Override
            public String toString() {
                return "Inline[%d characters]".formatted(base64.length());
            }
        }

        /** Data in one of the user's Secrets. */
        record FromSecret(String secretName) implements SeedData {}
    }

    /** Returns whether the launcher creates an ISO image of the content. */
    default boolean isMedium() {
        return this instanceof CloudInit || this instanceof SecretFiles || this instanceof ConfigMapFiles;
    }

    default boolean isReadOnlyClaim() {
        return this instanceof Claim claim && claim.readOnly();
    }
}
