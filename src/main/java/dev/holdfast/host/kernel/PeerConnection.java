package dev.holdfast.host.kernel;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;

/**
 * An accepted connection and its peer: the process that called connect(2), as the kernel reports it.
 *
 * <p>Not thread-safe.
 */
public final class PeerConnection implements Pollable, AutoCloseable {
    private static final int SOL_SOCKET = 1;
    private static final int SO_PEERCRED = 17;
    private static final int SO_PEERPIDFD = 77;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    private static final int CHUNK_BYTES = 4096;

    private final int descriptor;
    private final int pid;
    private final int uid;
    private final int gid;
    private final Pidfd process;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private boolean closed;

    private PeerConnection(int descriptor, int pid, int uid, int gid, Pidfd process) {
        this.descriptor = descriptor;
        this.pid = pid;
        this.uid = uid;
        this.gid = gid;
        this.process = process;
    }

    /** Takes over an accepted descriptor; closes it when the peer cannot be determined. */
    static PeerConnection of(int descriptor) throws IOException {
        try {
            int[] credentials = new int[3];
            if (Libc.getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, new int[] {3 * Integer.BYTES}) != 0) {
                throw failed("getsockopt", "cannot determine the peer of a connection");
            }
            Pidfd process = processOf(descriptor, credentials[0]);
            return new PeerConnection(descriptor, credentials[0], credentials[1], credentials[2], process);
        } catch (IOException e) {
            Libc.close(descriptor);
            throw e;
        }
    }

    /**
     * Returns the process of a pid. SO_PEERPIDFD (Linux 6.5) refers to the process that connected, however long ago. Before
     * that only the pid is available: if another process has received the pid since connect, that process must pass all
     * later checks.
     */
    private static Pidfd processOf(int descriptor, int pid) throws ErrnoException {
        int[] pidfd = new int[1];
        if (Libc.getsockopt(descriptor, SOL_SOCKET, SO_PEERPIDFD, pidfd, new int[] {Integer.BYTES}) == 0) {
            return new Pidfd(pidfd[0]);
        }
        int errno = Libc.errno();
        if (errno != Errno.ENOPROTOOPT) {
            throw new ErrnoException(
                    "getsockopt", errno, "the peer " + pid + " of a connection has ended: " + Errno.text(errno));
        }
        return Pidfd.open(pid);
    }

    /** Returns the pid in this process's pid namespace; 0 when the peer is not in it (the agent then lacks hostPID). */
    public int pid() {
        return pid;
    }

    public int uid() {
        return uid;
    }

    public int gid() {
        return gid;
    }

    /** Returns the peer's process; closed with this connection, use {@link Pidfd#duplicate} to keep it. */
    public Pidfd process() {
        return process;
    }

    @Override
    public int descriptor() {
        return closed ? -1 : descriptor;
    }

    /** Returns how many bytes of a line have been received so far. */
    public int bytesSoFar() {
        return line.size();
    }

    /**
     * Reads what has been received, without waiting for more.
     *
     * @param maxBytes maximum length of a line
     * @return the line without its line feed, once that has been received; empty until then. What follows the line is
     *     dropped.
     * @throws IOException when the line is longer, or the stream ended before the line
     */
    public Optional<String> readLine(int maxBytes) throws IOException {
        byte[] chunk = new byte[CHUNK_BYTES];
        while (true) {
            int count = receive(chunk);
            if (count == 0) {
                return Optional.empty();
            }
            int end = indexOfLineFeed(chunk, count);
            line.write(chunk, 0, end < 0 ? count : end);
            if (line.size() > maxBytes) {
                throw new IOException(
                        "received a line longer than " + maxBytes + " bytes; send one short line of JSON");
            }
            if (end >= 0) {
                return Optional.of(line.toString(StandardCharsets.UTF_8));
            }
        }
    }

    /**
     * Writes a line.
     *
     * @param line     without line feeds; one is added
     * @param timeout time limit for the whole line
     * @throws IOException when the peer does not read it in time, or has closed the connection
     */
    public void writeLine(String line, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        int written = 0;
        while (true) {
            byte[] rest = written == 0 ? bytes : Arrays.copyOfRange(bytes, written, bytes.length);
            long count = Libc.send(descriptor, rest, rest.length, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (count < 0 && Libc.errno() != Errno.EAGAIN && Libc.errno() != Errno.EINTR) {
                throw failed("send", "cannot send the answer to process " + pid);
            }
            written += (int) Math.max(0, count);
            if (written == bytes.length) {
                return;
            }
            // Checked only here: what fits into the socket's buffer is sent even after the deadline.
            if (!Poll.until(descriptor, Poll.OUT, deadline)) {
                throw new InterruptedIOException(
                        "the peer " + pid + " did not read its answer within " + timeout.toMillis() + " ms");
            }
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            process.close();
            Libc.close(descriptor);
        }
    }

    /** Returns the number of bytes received; 0 when none are available now. */
    private int receive(byte[] chunk) throws IOException {
        long count = Libc.recv(descriptor, chunk, chunk.length, MSG_DONTWAIT);
        if (count < 0) {
            int errno = Libc.errno();
            if (errno == Errno.EAGAIN || errno == Errno.EINTR) {
                return 0;
            }
            throw failed("recv", "reading from process " + pid + " failed");
        }
        if (count == 0) {
            throw new EOFException(
                    "the connection ended before the end of a line; send one line of JSON and wait for the answer");
        }
        return (int) count;
    }

    private static int indexOfLineFeed(byte[] bytes, int count) {
        for (int i = 0; i < count; i++) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        return -1;
    }

    private static ErrnoException failed(String call, String what) {
        int errno = Libc.errno();
        return new ErrnoException(call, errno, what + ": " + Errno.text(errno));
    }
}
