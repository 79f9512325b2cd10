package dev.holdfast.qemu.shape;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.holdfast.qemu.shape.QemuDisk.Format;
import org.jspecify.annotations.Nullable;

/** Where the bytes of a disk are, as far as it is known before there is a node. All paths are absolute, in the container. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "kind")
@JsonSubTypes({
    @JsonSubTypes.Type(value = DiskSource.ContainerImage.class, name = "containerImage"),
    @JsonSubTypes.Type(value = DiskSource.Claim.class, name = "claim"),
    @JsonSubTypes.Type(value = DiskSource.Empty.class, name = "empty"),
    @JsonSubTypes.Type(value = DiskSource.Files.class, name = "files"),
    @JsonSubTypes.Type(value = DiskSource.CloudInit.class, name = "cloudInit")
})
@JsonInclude(JsonInclude.Include.NON_NULL)
public sealed interface DiskSource {
    /** The file that QEMU opens. */
    String file();

    /**
     * A disk image in a container image, which nobody can write: what the guest writes goes to an overlay.
     *
     * @param directory where the image is mounted
     * @param path      of the disk image below it, with a leading slash; null for the first in {@code /disk}
     * @param file      the overlay, made by the launcher
     * @param capacityBytes the largest disk that the image may hold
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ContainerImage(String directory, @Nullable String path, String file, long capacityBytes)
            implements DiskSource {}

    /**
     * A claim.
     *
     * @param claim its name, for the sentences
     * @param block the file is a block device
     */
    record Claim(String claim, String file, boolean block, Format format) implements DiskSource {}

    /** An empty disk, made by the launcher. */
    record Empty(String file, long bytes) implements DiskSource {}

    /**
     * An ISO image of the files of a folder, made by the launcher.
     *
     * @param from  whose they are, such as {@code Secret keys}, for the sentences
     * @param label of the file system
     */
    record Files(String from, String directory, String label, String file) implements DiskSource {}

    /**
     * An ISO image for cloud-init, made by the launcher.
     *
     * @param user       where user-data is
     * @param network    where network-config is; null for none
     * @param instanceId cloud-init counts as new what has another
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record CloudInit(Text user, @Nullable Text network, String instanceId, String hostname, String file)
            implements DiskSource {}

    /**
     * A key of a Secret.
     *
     * @param secret    its name, for the sentences
     * @param directory where it is mounted, empty when there is no such Secret
     */
    record Text(String secret, String directory) {}
}
