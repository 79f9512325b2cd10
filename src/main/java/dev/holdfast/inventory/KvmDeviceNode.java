package dev.holdfast.inventory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The device node of KVM on this machine. The kernel may serve it and the node be missing or closed, which an agent in
 * its container cannot see.
 *
 * @param path usually /dev/kvm
 */
public record KvmDeviceNode(Path path) {

    /** What there is, given that the kernel serves KVM. */
    public CheckResult finding() {
        if (!Files.exists(path)) {
            return CheckResult.bad(
                    "NoDeviceNode",
                    "the kernel serves KVM, but found no " + path + "; make it with `mknod " + path
                            + " c 10 232`, and see why udev did not");
        }
        if (Files.isReadable(path) && Files.isWritable(path)) {
            return CheckResult.good("KvmFound", path + " is there and opens for this user");
        }
        return CheckResult.good(
                "ClosedToThisUser",
                path + " is there, closed to this user (" + owner()
                        + "); that is in order for VM pods, which the agent lets in, and in the way of a QEMU started by"
                        + " hand");
    }

    private String owner() {
        try {
            PosixFileAttributes found = Files.readAttributes(path, PosixFileAttributes.class);
            return found.owner().getName() + ":" + found.group().getName() + " "
                    + PosixFilePermissions.toString(found.permissions());
        } catch (IOException e) {
            return "owner unknown";
        }
    }
}
