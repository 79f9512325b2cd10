package dev.holdfast.host.kernel;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A listening stream socket in the file system that knows who speaks. The JDK's own does not tell the peer's pid.
 *
 * <p>{@link #accept} is for one thread at a time; {@link #close} may come from any and ends a waiting accept. The file
 * stays when it closes: a successor may already have put its own there, and the next start replaces it.
 */
public final class UnixServerSocket implements AutoCloseable {
    static final int AF_UNIX = 1;
    static final int SOCK_STREAM = 1;
    static final int SOCK_CLOEXEC = 0x80000;
    private static final int SHUT_RDWR = 2;
    /** sun_path with its zero byte: unix(7). */
    private static final int SUN_PATH_BYTES = 108;

    private static final int FAMILY_BYTES = 2;
    /** The kernel takes the smaller of this and net.core.somaxconn, 4096 by default. */
    private static final int BACKLOG = 4096;

    private static final int S_IFMT = 0xF000;
    private static final int S_IFSOCK = 0xC000;

    private final Path path;
    private final int descriptor;
    private final ReentrantLock accepting = new ReentrantLock();
    private volatile boolean closed;

    private UnixServerSocket(Path path, int descriptor) {
        this.path = path;
        this.descriptor = descriptor;
    }

    /**
     * Listens at a path, with mode 0666. A socket that is there already is replaced; its directory must exist.
     *
     * @throws IOException when the path is longer than 107 bytes, holds something other than a socket, or is not ours
     */
    public static UnixServerSocket bind(Path path) throws IOException {
        byte[] address = address(path);
        removeStale(path);
        int descriptor = Libc.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (descriptor < 0) {
            throw failed("socket", path);
        }
        UnixServerSocket socket = new UnixServerSocket(path, descriptor);
        try {
            if (Libc.bind(descriptor, address, address.length) != 0) {
                throw failed("bind", path);
            }
            // Before listen: until then nobody gets in, whatever the umask was.
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
            if (Libc.listen(descriptor, BACKLOG) != 0) {
                throw failed("listen", path);
            }
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /**
     * Waits for the next peer that is still alive.
     *
     * @throws ClosedChannelException after {@link #close}
     * @throws IOException            for one connection that came to nothing (no descriptors left, for one); the next
     *                                call may do better
     */
    public PeerConnection accept() throws IOException {
        accepting.lock();
        try {
            while (!closed) {
                int connection = Libc.accept4(descriptor, SOCK_CLOEXEC);
                if (connection >= 0) {
                    return PeerConnection.of(connection);
                }
                int errno = Libc.errno();
                if (!closed && errno != Errno.EINTR && errno != Errno.ECONNABORTED) {
                    throw failed("accept4", path, errno);
                }
            }
            throw new ClosedChannelException();
        } finally {
            accepting.unlock();
        }
    }

    public Path path() {
        return path;
    }

    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        // Wakes accept4, which close alone would not; only then may the number be given back.
        Libc.shutdown(descriptor, SHUT_RDWR);
        accepting.lock();
        try {
            Libc.close(descriptor);
        } finally {
            accepting.unlock();
        }
    }

    private static byte[] address(Path path) throws IOException {
        byte[] name = path.toString().getBytes(StandardCharsets.UTF_8);
        if (name.length >= SUN_PATH_BYTES) {
            throw new IOException("The socket path " + path + " has " + name.length
                    + " bytes, but unix sockets allow at most " + (SUN_PATH_BYTES - 1) + "; choose a shorter one.");
        }
        byte[] address = new byte[FAMILY_BYTES + name.length + 1];
        address[0] = AF_UNIX;
        System.arraycopy(name, 0, address, FAMILY_BYTES, name.length);
        return address;
    }

    private static void removeStale(Path path) throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        int type = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & S_IFMT;
        if (type != S_IFSOCK) {
            throw new IOException(
                    "A socket was to be made at " + path + ", but something else is there; move it out of the way.");
        }
        Files.delete(path);
    }

    private static ErrnoException failed(String call, Path path) {
        return failed(call, path, Libc.errno());
    }

    private static ErrnoException failed(String call, Path path, int errno) {
        return new ErrnoException(
                call, errno, "The socket " + path + " cannot be served (" + call + "): " + Errno.text(errno) + ".");
    }
}
