package dev.holdfast.qemu.shape;

/** Paths in the VM's container, used by the pod's mounts, the launcher and QEMU. */
public final class GuestPaths {
    /** An emptyDir: QEMU's QMP socket. */
    public static final String RUN_DIR = "/run/holdfast/vm";

    /** QEMU's control socket. */
    public static final String QMP_SOCKET = RUN_DIR + "/qmp.sock";

    /** The image volume with the guest's kernel. */
    public static final String KERNEL_DIR = "/run/holdfast/kernel";

    /** The volume for files that outlive a pod of the machine, such as its UEFI variables. */
    public static final String STATE_DIR = "/run/holdfast/state";

    /** A folder for each device whose option ROM comes from a ConfigMap or a Secret. */
    public static final String ROM_DIR = "/run/holdfast/rom";
    /** Volumes: a folder for each, by the volume's name. */
    public static final String VOLUMES_DIR = "/run/holdfast/volumes";

    /** Files that the launcher creates for disks and that are deleted with the pod: an emptyDir for each. */
    public static final String SCRATCH_DIR = "/run/holdfast/scratch";

    /** An emptyDir in memory: ISO images that may have secrets. */
    public static final String MEDIA_DIR = "/run/holdfast/media";

    /** Claims that are block devices: a device node for each, by the volume's name. */
    public static final String BLOCK_DIR = "/dev/holdfast";

    private GuestPaths() {}
}
