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
 * An accepted connection and who is at its other end: the process that called connect(2), by the kernel's word.
 *
 * <p>For one thread at a time.
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

    /** Takes over an accepted descriptor; closes it when the peer cannot be made out. */
    static PeerConnection of(int descriptor) throws IOException {
        try {
            int[] credentials = new int[3];
            if (Libc.getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, new int[] {3 * Integer.BYTES}) != 0) {
                throw failed("getsockopt", "The peer of a connection could not be made out");
            }
            Pidfd process = processOf(descriptor, credentials[0]);
            return new PeerConnection(descriptor, credentials[0], credentials[1], credentials[2], process);
        } catch (IOException e) {
            Libc.close(descriptor);
            throw e;
        }
    }

    /**
     * SO_PEERPIDFD (Linux 6.5) is the process that connected, however long ago. Before that the number is all there is:
     * were it given to another process between connect and here, that one would have to pass every later check.
     */
    private static Pidfd processOf(int descriptor, int pid) throws ErrnoException {
        int[] pidfd = new int[1];
        if (Libc.getsockopt(descriptor, SOL_SOCKET, SO_PEERPIDFD, pidfd, new int[] {Integer.BYTES}) == 0) {
            return new Pidfd(pidfd[0]);
        }
        int errno = Libc.errno();
        if (errno != Errno.ENOPROTOOPT) {
            throw new ErrnoException(
                    "getsockopt", errno, "The peer " + pid + " of a connection is gone: " + Errno.text(errno) + ".");
        }
        return Pidfd.open(pid);
    }

    /** In this process's pid namespace; 0 when the peer is not in it (the agent then lacks hostPID). */
    public int pid() {
        return pid;
    }

    public int uid() {
        return uid;
    }

    public int gid() {
        return gid;
    }

    /** Closed with this connection; {@link Pidfd#duplicate} to keep it. */
    public Pidfd process() {
        return process;
    }

    @Override
    public int descriptor() {
        return closed ? -1 : descriptor;
    }

    /** How much of a line has come so far. */
    public int bytesSoFar() {
        return line.size();
    }

    /**
     * Takes what has come, without waiting for more.
     *
     * @param maxBytes how long a line may be
     * @return the line once its line feed is there, which is left out, as is what follows it; empty until then
     * @throws IOException when the line is longer, or the stream ended before it did
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
                throw new IOException("A line longer than " + maxBytes + " bytes came; send one short line of JSON.");
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
     * @param patience for all of it
     * @throws IOException when the peer does not take it in time, or has closed
     */
    public void writeLine(String line, Duration patience) throws IOException {
        long deadline = System.nanoTime() + patience.toNanos();
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        int written = 0;
        while (true) {
            byte[] rest = written == 0 ? bytes : Arrays.copyOfRange(bytes, written, bytes.length);
            long count = Libc.send(descriptor, rest, rest.length, MSG_DONTWAIT | MSG_NOSIGNAL);
            if (count < 0 && Libc.errno() != Errno.EAGAIN && Libc.errno() != Errno.EINTR) {
                throw failed("send", "The answer to process " + pid + " could not be delivered");
            }
            written += (int) Math.max(0, count);
            if (written == bytes.length) {
                return;
            }
            // Only now: what fits into the socket's buffer is sent however late it has become.
            if (!Poll.until(descriptor, Poll.OUT, deadline)) {
                throw new InterruptedIOException(
                        "The peer " + pid + " did not take its answer within " + patience.toMillis() + " ms.");
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

    /** 0 when nothing is there now. */
    private int receive(byte[] chunk) throws IOException {
        long count = Libc.recv(descriptor, chunk, chunk.length, MSG_DONTWAIT);
        if (count < 0) {
            int errno = Libc.errno();
            if (errno == Errno.EAGAIN || errno == Errno.EINTR) {
                return 0;
            }
            throw failed("recv", "Reading from process " + pid + " failed");
        }
        if (count == 0) {
            throw new EOFException(
                    "The connection ended before a line did; send one line of JSON and wait for the answer.");
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
        return new ErrnoException(call, errno, what + ": " + Errno.text(errno) + ".");
    }
}
