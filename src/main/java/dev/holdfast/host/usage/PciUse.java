package dev.holdfast.host.usage;

/** One way in which a host uses a PCI function, so that its driver cannot be taken away. */
public sealed interface PciUse {
    /** What was found, without a subject of its own function: "nvme0n1p2 is mounted at /". */
    default String found() {
        return switch (this) {
            case VirtualFunctions functions -> functions.enabled() + " virtual functions of it are enabled";
            case Display display -> "the display at " + display.connector() + " shows a picture";
            case Console console -> "the node's console is drawn on " + console.framebuffer();
            case Mounted mounted -> mounted.disk() + " is mounted at " + mounted.where();
            case Swap swap -> "the node swaps to " + swap.disk();
            case Stacked stacked -> stacked.holder() + " lies on " + stacked.disk();
            case Network network -> "its network interface " + network.name() + " is up";
            case NetworkElsewhere elsewhere ->
                "its network interface is in a network namespace that is not seen from here";
            case Input input -> "the input device \"" + input.name() + "\" is plugged into it";
            case Opened opened ->
                "/dev/" + opened.device() + " is held open by process " + opened.pid() + " (" + opened.command() + ")";
        };
    }

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
     * Somebody types there, or points: a keyboard, a mouse, what a management controller shows as these.
     *
     * @param name as the device calls itself
     */
    record Input(String name) implements PciUse {}

    /**
     * A process has it open.
     *
     * @param device  below /dev, such as snd/controlC0
     * @param pid     in the node's pid namespace
     * @param command the process's own word
     */
    record Opened(String device, int pid, String command) implements PciUse {}
}
