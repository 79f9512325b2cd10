package dev.holdfast.qemu.qmp;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A unix socket with one JSON document per line. Every call has a timeout: a blocking channel of a unix socket does not
 * support one, so the channel is non-blocking and a selector waits.
 */
public final class LineSocket implements Closeable {
    private final Path path;
    private final int maxLineBytes;
    private final SocketChannel channel;
    private final Selector selector;
    private final ByteBuffer received = ByteBuffer.allocate(8192).limit(0);
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    private LineSocket(Path path, int maxLineBytes, SocketChannel channel) throws IOException {
        this.path = path;
        this.maxLineBytes = maxLineBytes;
        this.channel = channel;
        this.selector = Selector.open();
        channel.register(selector, 0);
    }

    /**
     * Connects immediately, or fails.
     *
     * @param maxLineBytes maximum length of a line for {@link #readLine}, without the line feed
     * @throws ConnectException when no process listens at the path
     * @throws IOException      when the socket may not be used, or too many connections are waiting already
     */
    public static LineSocket connect(Path path, int maxLineBytes) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.configureBlocking(false);
            // A unix socket connects immediately; pending means that the listener's queue is full.
            if (!channel.connect(UnixDomainSocketAddress.of(path))) {
                throw new IOException("too many connections are waiting already");
            }
            return new LineSocket(path, maxLineBytes, channel);
        } catch (IOException e) {
            channel.close();
            String message = "cannot connect to %s: %s".formatted(path, e.getMessage());
            throw e instanceof ConnectException || Files.notExists(path)
                    ? new ConnectException(message)
                    : new IOException(message, e);
        }
    }

    /**
     * Creates a socket from an existing connection.
     *
     * @param path    name of the peer in messages
     * @param channel closed with this socket
     */
    static LineSocket over(SocketChannel channel, Path path, int maxLineBytes) throws IOException {
        channel.configureBlocking(false);
        return new LineSocket(path, maxLineBytes, channel);
    }

    /**
     * Sends one line.
     *
     * @throws SocketTimeoutException when the peer does not read it in time
     * @throws EOFException           when the peer has closed the connection
     */
    public void writeLine(String text, Duration timeout) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8));
        long deadline = System.nanoTime() + timeout.toNanos();
        while (bytes.hasRemaining()) {
            if (transfer(bytes, true) == 0) {
                await(SelectionKey.OP_WRITE, deadline, timeout);
            }
        }
    }

    /**
     * Receives one line, without the line feed.
     *
     * @throws SocketTimeoutException when there is no complete line in time; what was received is kept for the next call
     * @throws EOFException           when the peer closed the connection before the line feed
     * @throws ProtocolException      when the line is too long
     */
    public String readLine(Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            while (received.hasRemaining()) {
                byte next = received.get();
                if (next == '\n') {
                    String text = line.toString(StandardCharsets.UTF_8);
                    line.reset();
                    return text.strip();
                }
                if (line.size() == maxLineBytes) {
                    throw new ProtocolException("%s sent a line of more than %d bytes".formatted(path, maxLineBytes));
                }
                line.write(next);
            }
            received.clear();
            int count = transfer(received, false);
            received.flip();
            if (count < 0) {
                throw new EOFException(path + " closed the connection");
            }
            if (count == 0) {
                await(SelectionKey.OP_READ, deadline, timeout);
            }
        }
    }

    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
    }

    private int transfer(ByteBuffer bytes, boolean out) throws IOException {
        try {
            return out ? channel.write(bytes) : channel.read(bytes);
        } catch (IOException e) {
            // Reset and broken pipe: the peer closed the connection without reading everything.
            EOFException closed = new EOFException(path + " closed the connection: " + e.getMessage());
            closed.initCause(e);
            throw closed;
        }
    }

    private void await(int operation, long deadline, Duration timeout) throws IOException {
        for (SelectionKey key : selector.keys()) {
            key.interestOps(operation);
        }
        selector.selectedKeys().clear();
        long millis = (deadline - System.nanoTime()) / 1_000_000;
        if (millis <= 0 || (selector.select(millis) == 0 && deadline - System.nanoTime() <= 0)) {
            throw new SocketTimeoutException("%s did not respond within %s ms".formatted(path, timeout.toMillis()));
        }
    }
}
