package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuDisk.Format;
import dev.holdfast.qemu.shape.QemuDisk.Io;
import org.jspecify.annotations.Nullable;

/**
 * What the launcher found and made for a disk.
 *
 * @param file    what QEMU opens
 * @param device  it is a block device
 * @param backing read where {@code file} has nothing yet; null for none
 * @param direct  past the page cache
 */
public record DiskFacts(
        String file,
        boolean device,
        Format format,
        @Nullable Backing backing,
        boolean direct,
        Io io) {
    /** A disk image that nobody writes. */
    public record Backing(String file, Format format) {}

    /** What a node would most likely find; for those who only look, such as {@code holdfast render}. */
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
