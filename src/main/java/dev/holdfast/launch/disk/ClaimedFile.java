package dev.holdfast.launch.disk;

import dev.holdfast.host.kernel.OpenFile;
import dev.holdfast.host.kernel.OpenFile.Kind;
import dev.holdfast.host.kernel.RefusedFileException;
import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.QemuDisk.Format;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Checks of a claim's file before QEMU gets it: it must exist in its volume, be accessible, have its format, and not be in
 * use. Other pods that mount the claim may change it at any time, so all checks use the one open file.
 */
final class ClaimedFile {
    // QEMU shows its use of an image by locks: a byte from 100 on for what it does, one from 200 on for what others
    // must not (block/file-posix.c, RAW_LOCK_PERM_BASE and RAW_LOCK_SHARED_BASE).
    private static final long[] LOCKS = {100, 200};
    private static final long LOCKED_BYTES = 64;

    private ClaimedFile() {}

    /** Opens it for QEMU. */
    static OpenFile open(DiskSource.Claim claim, Path file, boolean readOnly, KeptOpenFiles files)
            throws DiskException, IOException {
        OpenFile open;
        try {
            open = files.blockNode(file, claim.block() ? Kind.BLOCK_DEVICE : Kind.REGULAR_FILE, !readOnly);
        } catch (RefusedFileException e) {
            throw new DiskException(
                    claim.block() ? device(claim, file, e.reason()) : image(claim, e.reason(), readOnly), e);
        }
        checkFormat(claim, open.path());
        if (!readOnly) {
            checkUnused(claim, open.path());
        }
        return open;
    }

    private static String device(DiskSource.Claim claim, Path file, RefusedFileException.Reason reason) {
        return switch (reason) {
            case MISSING, OUTSIDE, OTHER_KIND ->
                "the claim %s has no block device %s; check its volume".formatted(claim.claim(), file);
            case DENIED ->
                "the block device of the claim %s is not accessible for user 107; configure the container runtime to give devices to the pod's user (containerd: device_ownership_from_security_context)"
                        .formatted(claim.claim());
        };
    }

    private static String image(DiskSource.Claim claim, RefusedFileException.Reason reason, boolean readOnly) {
        return switch (reason) {
            case MISSING ->
                "the claim %s has no disk.img at its root; put the disk's image there, or an empty file of the disk's size"
                        .formatted(claim.claim());
            case OUTSIDE ->
                "disk.img of the claim %s is a link that leads out of the claim; put the disk's image there, or a link to a file of the claim"
                        .formatted(claim.claim());
            case OTHER_KIND ->
                "disk.img of the claim %s is not a regular file; put the disk's image there".formatted(claim.claim());
            case DENIED ->
                "disk.img of the claim %s is not accessible for user and group 107 for %s; change its owner or mode"
                        .formatted(claim.claim(), readOnly ? "reading" : "writing");
        };
    }

    private static void checkFormat(DiskSource.Claim claim, Path file) throws DiskException, IOException {
        if (claim.format() != Format.QCOW2) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file)) {
            if (!Qcow2.is(channel)) {
                throw new DiskException(
                        "the claim %s has format qcow2, but contains no such image; remove format for a raw disk"
                                .formatted(claim.claim()));
            }
            if (!Qcow2.header(channel).standsAlone()) {
                throw new DiskException(
                        "the image of the claim %s requires a second file, but must be standalone; flatten it by qemu-img convert"
                                .formatted(claim.claim()));
            }
        }
    }

    private static void checkUnused(DiskSource.Claim claim, Path file) throws DiskException, IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            for (long lock : LOCKS) {
                if (isLocked(channel, lock)) {
                    throw new DiskException(
                            "the claim %s is in use by another machine, and two that write to one disk destroy it; stop the other machine, or use another claim"
                                    .formatted(claim.claim()));
                }
            }
        }
    }

    /**
     * Returns whether a byte is locked. A file system without locks never shows it; QEMU does not use locks there either.
     */
    private static boolean isLocked(FileChannel channel, long start) {
        try {
            @Nullable FileLock lock = channel.tryLock(start, LOCKED_BYTES, false);
            if (lock == null) {
                return true;
            }
            lock.release();
            return false;
        } catch (IOException e) {
            return false;
        }
    }
}
