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
 * A listening unix stream socket that reports the pid of its peers, which the JDK's own does not.
 *
 * <p>Not thread-safe, except {@link #close}, which ends a waiting {@link #accept}. Closing does not remove the file: a newer
 * process may already have replaced it, and the next start replaces it.
 */
public final class UnixServerSocket implements AutoCloseable {
    static final int AF_UNIX = 1;
    static final int SOCK_STREAM = 1;
    static final int SOCK_CLOEXEC = 0x80000;
    private static final int SHUT_RDWR = 2;
    /** sun_path with its zero byte: unix(7). */
    private static final int SUN_PATH_BYTES = 108;

    private static final int FAMILY_BYTES = 2;
    /** The kernel uses the smaller of this value and net.core.somaxconn, which is 4096 by default. */
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
     * Listens at a path, with mode 0666. An existing socket is replaced; the directory must exist.
     *
     * @throws IOException when the path is longer than 107 bytes, is something other than a socket, or may not be used
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
            // Before listen: until then no process can connect, whatever the umask is.
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
     * @throws IOException            for one connection that failed (such as without descriptors left); the next call may
     *     succeed
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
        // Wakes accept4, which close alone does not; only then may the descriptor be closed.
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
            throw new IOException("the socket path " + path + " has " + name.length + " bytes, but must have at most "
                    + (SUN_PATH_BYTES - 1) + "; choose a shorter one");
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
                    "cannot create the socket " + path + ": the path exists and is not a socket; move it");
        }
        Files.delete(path);
    }

    private static ErrnoException failed(String call, Path path) {
        return failed(call, path, Libc.errno());
    }

    private static ErrnoException failed(String call, Path path, int errno) {
        return new ErrnoException(
                call, errno, "cannot listen at the socket " + path + " (" + call + "): " + Errno.text(errno));
    }
}
