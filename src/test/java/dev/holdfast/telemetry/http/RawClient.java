package dev.holdfast.telemetry.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;

/** Client that sends arbitrary bytes. */
final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 10_000;

    private final Socket socket = new Socket();

    RawClient(int port) throws IOException {
        socket.setReceiveBufferSize(1024);
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
    }

    RawClient send(String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(US_ASCII));
        return this;
    }

    /** Returns all bytes until the server ends its side. */
    String answer() throws IOException {
        return new String(socket.getInputStream().readAllBytes(), US_ASCII);
    }

    /** Waits until the server ends the connection without an answer, with or without a reset. */
    boolean ended() throws IOException {
        try {
            return socket.getInputStream().read() < 0;
        } catch (SocketException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
