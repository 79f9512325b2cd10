package dev.holdfast.launch.disk;

import dev.holdfast.host.kernel.OpenFile;
import dev.holdfast.host.kernel.OpenFile.Kind;
import dev.holdfast.qemu.argv.DiskFacts;
import dev.holdfast.qemu.argv.DiskFacts.Backing;
import dev.holdfast.qemu.argv.InheritedDescriptors;
import dev.holdfast.qemu.shape.DiskSource;
import dev.holdfast.qemu.shape.QemuDisk;
import dev.holdfast.qemu.shape.QemuDisk.Format;
import dev.holdfast.qemu.shape.QemuDisk.Io;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Checks the files of the pod's volumes, and creates overlays, empty disks and ISO images. Reports an invalid disk in a
 * message; QEMU would report it later and only in the log.
 */
public final class DiskPreparation {
    private final Path root;
    private final KeptOpenFiles files;

    /**
     * @param root  root directory of the container: {@code /}
     * @param files receives the files for QEMU
     */
    public DiskPreparation(Path root, KeptOpenFiles files) {
        this.root = root;
        this.files = files;
    }

    /**
     * Prepares all disks, in their order.
     *
     * @return by the disk's name
     * @throws DiskException with a message that names the disk
     */
    public Map<String, DiskFacts> prepare(List<QemuDisk> disks) throws DiskException {
        Map<String, DiskFacts> facts = new LinkedHashMap<>();
        for (QemuDisk disk : disks) {
            try {
                facts.put(disk.name(), prepare(disk));
            } catch (DiskException e) {
                throw new DiskException("disk %s: %s".formatted(disk.name(), e.message()), e);
            } catch (FileAlreadyExistsException e) {
                throw new DiskException(
                        "disk %s: %s already exists, but is created only once, before the machine starts; delete the pod so that a new one is created"
                                .formatted(disk.name(), e.getMessage()),
                        e);
            } catch (IOException e) {
                throw new DiskException(
                        "disk %s cannot be prepared: %s; check the volume".formatted(disk.name(), e), e);
            }
        }
        return facts;
    }

    private DiskFacts prepare(QemuDisk disk) throws DiskException, IOException {
        return switch (disk.source()) {
            case DiskSource.ContainerImage source -> overlay(disk, source);
            case DiskSource.Claim source -> claim(disk, source);
            case DiskSource.Empty source -> {
                Path file = at(source.file());
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
                try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
                    sparse.setLength(source.bytes());
                }
                yield made(disk, file, Format.RAW);
            }
            case DiskSource.Files source ->
                image(
                        disk,
                        at(source.file()),
                        IsoImage.of(source.label(), MountedKeys.all(source.from(), at(source.directory()))));
            case DiskSource.CloudInit source ->
                image(disk, at(source.file()), IsoImage.of("cidata", CloudInitFiles.of(source, this::at)));
        };
    }

    private DiskFacts overlay(QemuDisk disk, DiskSource.ContainerImage source) throws DiskException, IOException {
        ContainerDisk found = ContainerDisk.find(at(source.directory()), source.path(), files);
        if (found.virtualBytes() > source.capacityBytes()) {
            throw new DiskException(
                    "the disk image has a virtual size of %d bytes, but containerDisk.capacity is %d; raise the capacity, or use a smaller image"
                            .formatted(found.virtualBytes(), source.capacityBytes()));
        }
        Path overlay = at(source.file());
        Qcow2.createEmpty(overlay, found.virtualBytes());
        DiskFacts facts = made(disk, overlay, Format.QCOW2);
        return new DiskFacts(
                facts.file(),
                false,
                Format.QCOW2,
                new Backing(InheritedDescriptors.blockNode(found.file().descriptor()), found.format()),
                facts.direct(),
                facts.io());
    }

    private DiskFacts claim(QemuDisk disk, DiskSource.Claim source) throws DiskException, IOException {
        Path file = at(source.file());
        OpenFile open = ClaimedFile.open(source, file, disk.readOnly(), files);
        return facts(disk, file, open, source.block(), source.format());
    }

    /** Creates an ISO image readable for the owner only, as the content may be secret. */
    private DiskFacts image(QemuDisk disk, Path file, byte[] content) throws DiskException, IOException {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(file, content, StandardOpenOption.TRUNCATE_EXISTING);
        return made(disk, file, Format.RAW);
    }

    private DiskFacts made(QemuDisk disk, Path file, Format format) throws DiskException, IOException {
        OpenFile open = files.blockNode(file, Kind.REGULAR_FILE, !disk.readOnly());
        return facts(disk, file, open, false, format);
    }

    /** @param file its name in messages */
    private static DiskFacts facts(QemuDisk disk, Path file, OpenFile open, boolean device, Format format)
            throws DiskException, IOException {
        boolean direct = direct(disk, file, open);
        Io io = disk.io() == null ? device && direct ? Io.NATIVE : Io.THREADS : disk.io();
        if (io == Io.NATIVE && !direct) {
            throw new DiskException(
                    "io native bypasses the page cache, which the file system of %s does not support; remove io, or use another volume"
                            .formatted(file));
        }
        if (direct) {
            // Since 9.1 QEMU accepts only descriptors that are opened as it would open the file (monitor/fds.c).
            open.bypassPageCache();
        }
        return new DiskFacts(InheritedDescriptors.blockNode(open.descriptor()), device, format, null, direct, io);
    }

    private static boolean direct(QemuDisk disk, Path file, OpenFile open) throws DiskException {
        return switch (disk.cache()) {
            case null -> DirectAccess.isPossible(open.path());
            case WRITEBACK, WRITETHROUGH -> false;
            case NONE -> {
                if (!DirectAccess.isPossible(open.path())) {
                    throw new DiskException(
                            "cache none bypasses the page cache, which the file system of %s does not support; remove cache, or use another volume"
                                    .formatted(file));
                }
                yield true;
            }
        };
    }

    private Path at(String path) {
        return root.resolve(path.substring(1));
    }
}
