package dev.holdfast.host.usage;

/** A use of a PCI function by the host, which prevents its driver from being unbound. */
public sealed interface PciUse {
    /** Returns a text about the use that does not name the function: "nvme0n1p2 is mounted at /". */
    default String found() {
        return switch (this) {
            case VirtualFunctions functions -> functions.enabled() + " virtual functions of it are enabled";
            case Display display -> "the display at " + display.connector() + " is on";
            case Console console -> "the node's console is shown on " + console.framebuffer();
            case Mounted mounted -> mounted.disk() + " is mounted at " + mounted.where();
            case Swap swap -> "the node swaps to " + swap.disk();
            case Stacked stacked -> stacked.holder() + " uses " + stacked.disk();
            case Network network -> "its network interface " + network.name() + " is up";
            case NetworkElsewhere elsewhere -> "its network interface is in another network namespace";
            case Input input -> "the input device \"" + input.name() + "\" is plugged into it";
            case Opened opened ->
                "/dev/" + opened.device() + " is held open by process " + opened.pid() + " (" + opened.command() + ")";
        };
    }

    /**
     * Enabled virtual functions, which vanish with the driver.
     *
     * @param enabled 1 or more
     */
    record VirtualFunctions(int enabled) implements PciUse {}

    /**
     * A display that is on.
     *
     * @param connector such as card0-HDMI-A-1
     */
    record Display(String connector) implements PciUse {}

    /**
     * The host's console, shown on this display.
     *
     * @param framebuffer such as fb0
     */
    record Console(String framebuffer) implements PciUse {}

    /**
     * A mounted file system.
     *
     * @param disk  such as nvme0n1p2
     * @param where the mount point on the node
     */
    record Mounted(String disk, String where) implements PciUse {}

    /**
     * A swap device of the node.
     *
     * @param disk such as nvme0n1p3
     */
    record Swap(String disk) implements PciUse {}

    /**
     * Another block device on top of it: LVM, RAID, encryption.
     *
     * @param disk   such as nvme0n1
     * @param holder such as dm-0
     */
    record Stacked(String disk, String holder) implements PciUse {}

    /**
     * A network interface that is up.
     *
     * @param name such as eth1
     */
    record Network(String name) implements PciUse {}

    /** A network interface in another network namespace, such as a container's. */
    record NetworkElsewhere() implements PciUse {}

    /**
     * An input device: a keyboard, a mouse, or what a management controller emulates as these.
     *
     * @param name as reported by the device
     */
    record Input(String name) implements PciUse {}

    /**
     * A process that has it open.
     *
     * @param device  below /dev, such as snd/controlC0
     * @param pid     in the node's pid namespace
     * @param command name that the process has given itself
     */
    record Opened(String device, int pid, String command) implements PciUse {}
}
