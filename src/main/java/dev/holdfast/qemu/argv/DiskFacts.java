package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuDisk.Format;
import dev.holdfast.qemu.shape.QemuDisk.Io;
import org.jspecify.annotations.Nullable;

/**
 * Files that the launcher has found and created for a disk.
 *
 * @param file    file that QEMU opens
 * @param device  whether it is a block device
 * @param backing file for the data that {@code file} does not have; null for none
 * @param direct  whether it bypasses the page cache
 */
public record DiskFacts(
        String file,
        boolean device,
        Format format,
        @Nullable Backing backing,
        boolean direct,
        Io io) {
    /** A disk image that is never written. */
    public record Backing(String file, Format format) {}

    /** Returns the most likely facts, for commands without a node such as {@code holdfast render}. */
    static DiskFacts assumed(QemuDisk disk) {
        boolean direct = disk.cache() == null || disk.cache() == QemuDisk.Cache.NONE;
        return switch (disk.source()) {
            case DiskSource.ContainerImage image ->
                new DiskFacts(
                        image.file(),
                        false,
                        Format.QCOW2,
                        new Backing(
                                image.directory() + (image.path() == null ? "/disk/IMAGE" : image.path()),
                                Format.QCOW2),
                        direct,
                        io(disk, Io.THREADS));
            case DiskSource.Claim claim ->
                new DiskFacts(
                        claim.file(),
                        claim.block(),
                        claim.format(),
                        null,
                        direct,
                        io(disk, claim.block() && direct ? Io.NATIVE : Io.THREADS));
            case DiskSource.Empty empty ->
                new DiskFacts(empty.file(), false, Format.RAW, null, direct, io(disk, Io.THREADS));
            case DiskSource.Files files -> new DiskFacts(files.file(), false, Format.RAW, null, false, Io.THREADS);
            case DiskSource.CloudInit seed -> new DiskFacts(seed.file(), false, Format.RAW, null, false, Io.THREADS);
        };
    }

    private static Io io(QemuDisk disk, Io otherwise) {
        return disk.io() == null ? otherwise : disk.io();
    }
}
