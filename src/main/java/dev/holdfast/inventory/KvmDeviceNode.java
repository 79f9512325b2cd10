package dev.holdfast.inventory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * The device node of KVM on this host. The kernel may provide KVM while the node is missing or not accessible, which an
 * agent in its container cannot see.
 *
 * @param path usually /dev/kvm
 */
public record KvmDeviceNode(Path path) {

    /** Returns the result of the check, for a kernel that provides KVM. */
    public CheckResult result() {
        if (!Files.exists(path)) {
            return CheckResult.bad(
                    "NoDeviceNode",
                    "the kernel provides KVM, but found no " + path + "; create it with `mknod " + path
                            + " c 10 232`, and check why udev did not");
        }
        if (Files.isReadable(path) && Files.isWritable(path)) {
            return CheckResult.good("KvmFound", path + " is accessible for this user");
        }
        return CheckResult.good(
                "ClosedToThisUser",
                path + " is not accessible for this user (" + owner()
                        + "); VM pods get access from the agent, but a QEMU that is started manually cannot"
                        + " use it");
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
