package dev.holdfast.host.usage;

/**
 * A block or character device of the kernel.
 *
 * @param name  below /dev, such as {@code snd/controlC0}
 * @param block whether it is a block device
 * @param major 0 to 4095
 * @param minor 0 to 1048575
 */
public record DeviceNode(String name, boolean block, long major, long minor) {
    /** As /proc/PID/mountinfo spells it. */
    String number() {
        return major + ":" + minor;
    }

    /** As stat(2) gives it: the layout of the C library (makedev(3)). */
    long rdev() {
        return (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffL) << 12 | (major & ~0xfffL) << 32;
    }
}
