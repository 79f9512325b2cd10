package dev.holdfast.qemu.dryrun;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A unix socket for one connection, in a folder of its own that other users cannot access. QEMU connects to it, so that no
 * polling for a listening QEMU is required.
 */
final class PrivateSocket implements Closeable {
    private final Path folder;
    private final Path path;
    private final ServerSocketChannel server;
    private final Selector selector;

    private PrivateSocket(Path folder, Path path, ServerSocketChannel server, Selector selector) {
        this.folder = folder;
        this.path = path;
        this.server = server;
        this.selector = selector;
    }

    /**
     * Creates a socket.
     *
     * @param parent an existing folder; {@link #close} removes what is created there
     */
    static PrivateSocket in(Path parent) throws IOException {
        // createTempDirectory sets mode 0700.
        Path folder = Files.createTempDirectory(parent, "dry-run-");
        Path path = folder.resolve("qmp.sock");
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        PrivateSocket socket = new PrivateSocket(folder, path, server, Selector.open());
        try {
            server.bind(UnixDomainSocketAddress.of(path), 1);
            server.configureBlocking(false);
            server.register(socket.selector, SelectionKey.OP_ACCEPT);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    Path path() {
        return path;
    }

    /**
     * Waits for the connection.
     *
     * @throws EOFException           when the process ends without a connection
     * @throws SocketTimeoutException when there is no connection in time
     */
    SocketChannel accept(QemuProcess process, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        process.onEnd(selector::wakeup);
        while (true) {
            SocketChannel caller = server.accept();
            if (caller != null) {
                return caller;
            }
            if (!process.isAlive()) {
                throw new EOFException("QEMU ended with status %d".formatted(process.exitStatus()));
            }
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                throw new SocketTimeoutException("QEMU did not connect within %d ms".formatted(timeout.toMillis()));
            }
            selector.select(millis);
            selector.selectedKeys().clear();
        }
    }

    @Override
    public void close() throws IOException {
        selector.close();
        server.close();
        Files.deleteIfExists(path);
        Files.deleteIfExists(folder);
    }
}
