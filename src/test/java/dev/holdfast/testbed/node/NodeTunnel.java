package dev.holdfast.testbed.node;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API server's way to the kubelet, for logs, exec, attach and port-forward. The host cannot reach the node's address;
 * it has a port of its own that QEMU forwards to the kubelet's. So the API server goes by a proxy, as it does in clusters
 * whose nodes are in another network (an egress selector with HTTP CONNECT on a unix socket), and this is the proxy.
 */
final class NodeTunnel implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(NodeTunnel.class);
    private static final int MAX_REQUEST = 4096;

    private final Path socket;
    private final int hostPort;
    private final ServerSocketChannel server;
    private final AtomicInteger connections = new AtomicInteger();

    private NodeTunnel(Path socket, int hostPort, ServerSocketChannel server) {
        this.socket = socket;
        this.hostPort = hostPort;
        this.server = server;
    }

    /** @param hostPort leads to the kubelet */
    static NodeTunnel open(int hostPort) {
        try {
            // The kernel takes a hundred bytes for the path of a socket.
            Path socket = Files.createTempDirectory("node-tunnel").resolve("egress");
            ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
            server.bind(UnixDomainSocketAddress.of(socket));
            NodeTunnel tunnel = new NodeTunnel(socket, hostPort, server);
            daemon("node tunnel", tunnel::accept);
            return tunnel;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the file for the API server's option {@code --egress-selector-config-file}. */
    String egressSelectorConfiguration() {
        return """
                apiVersion: apiserver.k8s.io/v1beta1
                kind: EgressSelectorConfiguration
                egressSelections:
                - name: cluster
                  connection:
                    proxyProtocol: HTTPConnect
                    transport:
                      uds: {udsName: "%s"}
                """.formatted(socket);
    }

    private void accept() {
        while (server.isOpen()) {
            try {
                SocketChannel client = server.accept();
                daemon("node tunnel " + connections.incrementAndGet(), () -> serve(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(SocketChannel client) {
        try (client;
                SocketChannel node = SocketChannel.open()) {
            String request = readRequest(client);
            if (!request.startsWith("CONNECT ") || !request.split(" ", 3)[1].endsWith(":" + RealNode.KUBELET_PORT)) {
                answer(client, "403 Forbidden");
                return;
            }
            node.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), hostPort));
            answer(client, "200 Connection established");
            Thread back = daemon("node tunnel answers", () -> copy(node, client));
            copy(client, node);
            back.join();
        } catch (IOException e) {
            log.atDebug().addKeyValue("error", e.toString()).log("A connection to the node has ended");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void answer(SocketChannel client, String status) throws IOException {
        ByteBuffer bytes = StandardCharsets.US_ASCII.encode("HTTP/1.1 " + status + "\r\n\r\n");
        while (bytes.hasRemaining()) {
            client.write(bytes);
        }
    }

    /** Up to the empty line: the client says no more before it has its answer. */
    private static String readRequest(SocketChannel client) throws IOException {
        ByteArrayOutputStream request = new ByteArrayOutputStream();
        ByteBuffer one = ByteBuffer.allocate(1);
        while (client.read(one.clear()) == 1 && request.size() < MAX_REQUEST) {
            request.write(one.get(0));
            if (request.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
                break;
            }
        }
        return request.toString(StandardCharsets.US_ASCII);
    }

    /** Until one side has nothing more to say; the other then hears of it. */
    private static void copy(SocketChannel from, SocketChannel to) {
        ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);
        try {
            while (from.read(buffer.clear()) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
            }
            to.shutdownOutput();
        } catch (IOException gone) {
            close(from);
            close(to);
        }
    }

    private static void close(Closeable one) {
        try {
            one.close();
        } catch (IOException e) {
            log.atDebug().addKeyValue("error", e.toString()).log("A connection was not closed in order");
        }
    }

    private static Thread daemon(String name, Runnable action) {
        return Thread.ofPlatform().daemon().name(name).start(action);
    }

    @Override
    public void close() {
        close(server);
        try {
            Files.deleteIfExists(socket);
            Files.deleteIfExists(socket.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
