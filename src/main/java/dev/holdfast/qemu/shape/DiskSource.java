package dev.holdfast.qemu.shape;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.holdfast.qemu.shape.QemuDisk.Format;
import org.jspecify.annotations.Nullable;

/** Source of a disk's data, as far as known before the VM has a node. All paths are absolute, in the container. */
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
    /** Returns the file that QEMU opens. */
    String file();

    /**
     * A disk image in a read-only container image; the guest writes to an overlay.
     *
     * @param directory where the image is mounted
     * @param path      path of the disk image below it, with a leading slash; null for the first in {@code /disk}
     * @param file      the overlay, created by the launcher
     * @param capacityBytes maximum virtual size of the image
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record ContainerImage(String directory, @Nullable String path, String file, long capacityBytes)
            implements DiskSource {}

    /**
     * A PersistentVolumeClaim.
     *
     * @param claim its name, for messages
     * @param block whether the file is a block device
     */
    record Claim(String claim, String file, boolean block, Format format) implements DiskSource {}

    /** An empty disk, created by the launcher. */
    record Empty(String file, long bytes) implements DiskSource {}

    /**
     * An ISO image of the files of a folder, created by the launcher.
     *
     * @param from  their object, such as {@code Secret keys}, for messages
     * @param label label of the file system
     */
    record Files(String from, String directory, String label, String file) implements DiskSource {}

    /**
     * An ISO image for cloud-init, created by the launcher.
     *
     * @param user       source of user-data
     * @param network    source of network-config; null for none
     * @param instanceId cloud-init treats a machine with another ID as new
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    record CloudInit(Text user, @Nullable Text network, String instanceId, String hostname, String file)
            implements DiskSource {}

    /**
     * A key of a Secret.
     *
     * @param secret    its name, for messages
     * @param directory where it is mounted, empty when there is no such Secret
     */
    record Text(String secret, String directory) {}
}
