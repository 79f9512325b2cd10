package dev.holdfast.host.kernel;

import dev.holdfast.host.kernel.RefusedFileException.Reason;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An open file below a folder that untrusted parties can write to; its path cannot lead out of the folder. The descriptor
 * and {@link #path} always refer to the file that was checked, even if another has replaced it since.
 *
 * <p>The file is looked up first and opened only when its kind is known: opening a pipe can block for ever, and opening a
 * device can have side effects.
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

    /** One of the few flags whose value depends on the architecture (Linux arch/arm64/include/uapi/asm/fcntl.h). */
    private static final int O_DIRECT = "aarch64".equals(System.getProperty("os.arch")) ? 0x1_0000 : 0x4000;

    /** openat2(2) fails with EAGAIN for ".." while a file is being renamed; the call must be repeated. */
    private static final int ATTEMPTS = 100;

    private static final int S_IFMT = 0xF000;

    private final int descriptor;
    private boolean closed;

    /** Required kind of a file. */
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
     * Opens a file in a folder. Links are followed as long as they stay in the folder.
     *
     * @param folder a trusted folder, such as the mount point of a volume
     * @param name   relative path below the folder
     * @throws RefusedFileException when the file must not be used
     * @throws ErrnoException       for any other error of the kernel
     */
    public static OpenFile beneath(Path folder, String name, Kind kind, boolean writable) throws IOException {
        try (OpenFile directory = new OpenFile(open(AT_FDCWD, folder.toString(), O_PATH, 0));
                OpenFile found = new OpenFile(
                        open(directory.descriptor, name, O_PATH, RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS))) {
            if ((mode(found) & S_IFMT) != kind.mode) {
                throw new RefusedFileException(Reason.OTHER_KIND, name);
            }
            // The /proc link of a descriptor refers to the file that was found, without another path lookup.
            return new OpenFile(open(AT_FDCWD, found.path().toString(), writable ? O_RDWR : O_RDONLY, 0));
        }
    }

    /**
     * Makes reads and writes of this descriptor bypass the page cache; they must then be whole blocks at aligned addresses.
     * Files opened by {@link #path} are not affected.
     *
     * @throws ErrnoException where the file system does not support it
     */
    public void bypassPageCache() throws ErrnoException {
        int flags = Libc.fcntl(descriptor, F_GETFL, 0);
        if (flags < 0 || Libc.fcntl(descriptor, F_SETFL, flags | O_DIRECT) != 0) {
            int errno = Libc.errno();
            throw new ErrnoException(
                    "fcntl",
                    errno,
                    "descriptor %d cannot bypass the page cache: %s".formatted(descriptor, Errno.text(errno)));
        }
    }

    /** Returns the descriptor; valid until closed, and in a program that inherits it. */
    public int descriptor() {
        return descriptor;
    }

    /** Returns the path by which this process opens the file itself. */
    public Path path() {
        return path(descriptor);
    }

    /** Returns the path by which a process opens the file of one of its own descriptors. */
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
            // EPERM concerns the file itself: it is immutable, or a device that the container may not use. Looking it
            // up
            // requires no permission.
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
