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
    /** Returns the number as spelled in /proc/PID/mountinfo. */
    String number() {
        return major + ":" + minor;
    }

    /** Returns the device number of stat(2), in the layout of the C library (makedev(3)). */
    long rdev() {
        return (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffL) << 12 | (major & ~0xfffL) << 32;
    }
}
