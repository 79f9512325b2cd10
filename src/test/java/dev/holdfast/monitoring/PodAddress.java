package dev.holdfast.monitoring;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntSupplier;

/**
 * An address for a pod that a process of this host plays: one of the loopback network, with the port 8080 of the pod, which
 * leads to the port of the process.
 */
final class PodAddress implements AutoCloseable {
    private static final int POD_PORT = 8080;
    private static final int ATTEMPTS = 100;

    private final IntSupplier target;
    private final String address;
    private ServerSocket listener;

    private PodAddress(String address, ServerSocket listener, IntSupplier target) {
        this.address = address;
        this.listener = listener;
        this.target = target;
        serve(listener);
    }

    /** @param target port of the process; asked for at each connection, as it changes with a restart */
    static PodAddress leadingTo(IntSupplier target) throws IOException {
        for (int attempt = 1; ; attempt++) {
            // Other lanes of this host have theirs.
            String address = "127.%d.%d.%d".formatted(octet(), octet(), octet());
            try {
                return new PodAddress(address, listen(address), target);
            } catch (IOException e) {
                if (attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    @Override
    public String toString() {
        return address;
    }

    /** Connections are refused from now on. */
    void stop() throws IOException {
        listener.close();
    }

    /** Connections are accepted again. */
    void start() throws IOException {
        listener = listen(address);
        serve(listener);
    }

    private static int octet() {
        return ThreadLocalRandom.current().nextInt(1, 255);
    }

    private static ServerSocket listen(String address) throws IOException {
        ServerSocket socket = new ServerSocket();
        socket.setReuseAddress(true);
        socket.bind(new InetSocketAddress(InetAddress.getByName(address), POD_PORT));
        return socket;
    }

    private void serve(ServerSocket socket) {
        Thread.ofVirtual().start(() -> {
            while (!socket.isClosed()) {
                try {
                    Socket client = socket.accept();
                    Thread.ofVirtual().start(() -> forward(client));
                } catch (IOException closed) {
                    return;
                }
            }
        });
    }

    private void forward(Socket client) {
        try (client;
                Socket page = new Socket(InetAddress.getLoopbackAddress(), target.getAsInt())) {
            InputStream requests = client.getInputStream();
            OutputStream to = page.getOutputStream();
            Thread.ofVirtual().start(() -> copy(requests, to));
            copy(page.getInputStream(), client.getOutputStream());
        } catch (IOException e) {
            // As a pod whose process does not listen: the client sees the end of its connection.
        }
    }

    private static void copy(InputStream from, OutputStream to) {
        try {
            from.transferTo(to);
        } catch (IOException closed) {
            // By the other side.
        }
    }

    @Override
    public void close() throws IOException {
        stop();
    }
}
