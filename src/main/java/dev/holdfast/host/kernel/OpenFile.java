package dev.holdfast.host.kernel;

import dev.holdfast.host.kernel.RefusedFileException.Reason;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A file of a folder that strangers can write to, found without leaving the folder and opened once. Whoever uses the
 * descriptor, or {@link #path}, uses the file that was checked, whatever has been put in its place since.
 *
 * <p>The file is looked up first and opened only when its kind is known: to open a pipe can wait for ever, and to open a
 * device can do something.
 */
public final class OpenFile implements Closeable {
    private static final int AT_FDCWD = -100;
    private static final int O_RDONLY = 0;
    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x8_0000;
    private static final int O_PATH = 0x20_0000;
    private static final int RESOLVE_NO_MAGICLINKS = 0x02;
    private static final int RESOLVE_BENEATH = 0x08;

    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;

    /** One of the few flags whose number is the architecture's (Linux arch/arm64/include/uapi/asm/fcntl.h). */
    private static final int O_DIRECT = "aarch64".equals(System.getProperty("os.arch")) ? 0x1_0000 : 0x4000;

    /** The kernel gives up on ".." while something is renamed, and wants to be asked again. */
    private static final int ATTEMPTS = 100;

    private static final int S_IFMT = 0xF000;

    private final int descriptor;
    private boolean closed;

    /** What a file has to be. */
    public enum Kind {
        REGULAR_FILE(0x8000),
        BLOCK_DEVICE(0x6000);

        private final int mode;

        Kind(int mode) {
            this.mode = mode;
        }
    }

    private OpenFile(int descriptor) {
        this.descriptor = descriptor;
    }

    /**
     * Opens a file in a folder. A link on the way is followed as long as it stays in the folder.
     *
     * @param folder itself trusted, such as the mount point of a volume
     * @param name   relative path below the folder
     * @throws RefusedFileException when the file is not to be used
     * @throws ErrnoException       for anything else that the kernel says
     */
    public static OpenFile beneath(Path folder, String name, Kind kind, boolean writable) throws IOException {
        try (OpenFile directory = new OpenFile(open(AT_FDCWD, folder.toString(), O_PATH, 0));
                OpenFile found = new OpenFile(
                        open(directory.descriptor, name, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS))) {
            if ((mode(found) & S_IFMT) != kind.mode) {
                throw new RefusedFileException(Reason.OTHER_KIND, name);
            }
            // The link of a descriptor leads to the file that was found, by no path.
            return new OpenFile(open(AT_FDCWD, found.path().toString(), writable ? O_RDWR : O_RDONLY, 0));
        }
    }

    /**
     * Lets what is read and written by the descriptor go past the page cache, in whole blocks at aligned addresses only. Who
     * opens {@link #path} is not affected.
     *
     * @throws ErrnoException where the file system does not do that
     */
    public void bypassPageCache() throws ErrnoException {
        int flags = Libc.fcntl(descriptor, F_GETFL, 0);
        if (flags < 0 || Libc.fcntl(descriptor, F_SETFL, flags | O_DIRECT) != 0) {
            int errno = Libc.errno();
            throw new ErrnoException(
                    "fcntl",
                    errno,
                    "descriptor %d cannot be used past the page cache: %s".formatted(descriptor, Errno.text(errno)));
        }
    }

    /** Valid until closed, and for a program that inherits it. */
    public int descriptor() {
        return descriptor;
    }

    /** Path by which this process reaches the file itself. */
    public Path path() {
        return path(descriptor);
    }

    /** Path by which a process reaches the file of its own descriptor. */
    public static Path path(int descriptor) {
        return Path.of("/proc/self/fd", Integer.toString(descriptor));
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            Libc.close(descriptor);
        }
    }

    private static int mode(OpenFile file) throws IOException {
        return (Integer) Files.getAttribute(file.path(), "unix:mode");
    }

    private static int open(int folder, String path, int flags, int resolve) throws IOException {
        int errno = Errno.EAGAIN;
        for (int attempt = 0; errno == Errno.EAGAIN && attempt < ATTEMPTS; attempt++) {
            int descriptor = Libc.openat2(folder, path, new long[] {flags | O_CLOEXEC, 0, resolve});
            if (descriptor >= 0) {
                return descriptor;
            }
            errno = Libc.errno();
        }
        if (errno == Errno.EPERM && (flags & O_PATH) == 0) {
            // The file itself: immutable, or a device that the container may not use. To look it up takes no
            // permission.
            errno = Errno.EACCES;
        }
        throw switch (errno) {
            case Errno.ENOENT, Errno.ENOTDIR -> new RefusedFileException(Reason.MISSING, path);
            case Errno.EXDEV, Errno.ELOOP -> new RefusedFileException(Reason.OUTSIDE, path);
            case Errno.EACCES, Errno.EROFS -> new RefusedFileException(Reason.DENIED, path);
            default -> new ErrnoException("openat2", errno, ErrnoMessages.openBeneath(path, errno));
        };
    }
}
