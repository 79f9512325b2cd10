package dev.holdfast.host;

/** One way in which a host uses a PCI function, so that its driver cannot be taken away. */
public sealed interface PciUse {
    /**
     * It has virtual functions, which vanish with the driver.
     *
     * @param enabled 1 or more
     */
    record VirtualFunctions(int enabled) implements PciUse {}

    /**
     * A display shows a picture.
     *
     * @param connector such as card0-HDMI-A-1
     */
    record Display(String connector) implements PciUse {}

    /**
     * The host's console is drawn there.
     *
     * @param framebuffer such as fb0
     */
    record Console(String framebuffer) implements PciUse {}

    /**
     * A file system is mounted from it.
     *
     * @param disk  such as nvme0n1p2
     * @param where the mount point on the node
     */
    record Mounted(String disk, String where) implements PciUse {}

    /**
     * The node swaps to it.
     *
     * @param disk such as nvme0n1p3
     */
    record Swap(String disk) implements PciUse {}

    /**
     * Another block device lies on it: LVM, RAID, encryption.
     *
     * @param disk   such as nvme0n1
     * @param holder such as dm-0
     */
    record Stacked(String disk, String holder) implements PciUse {}

    /**
     * Its network interface is up.
     *
     * @param name such as eth1
     */
    record Network(String name) implements PciUse {}

    /** Its network interface is in another network namespace: a container's. */
    record NetworkElsewhere() implements PciUse {}

    /**
     * A process has it open.
     *
     * @param device  below /dev, such as snd/controlC0
     * @param pid     in the node's pid namespace
     * @param command the process's own word
     */
    record Opened(String device, int pid, String command) implements PciUse {}
}
