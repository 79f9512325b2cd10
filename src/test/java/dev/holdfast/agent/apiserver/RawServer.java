package dev.holdfast.agent.apiserver;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** API server whose answers are given by a test, byte for byte. */
final class RawServer implements AutoCloseable {
    private final ServerSocket socket;
    private final Script script;
    private final List<String> requests = new CopyOnWriteArrayList<>();
    private final List<Socket> connections = new CopyOnWriteArrayList<>();

    /** Answers one request. */
    interface Script {
        void answer(String requestLine, OutputStream out) throws IOException, InterruptedException;
    }

    RawServer(Script script) throws IOException {
        this.script = script;
        socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + socket.getLocalPort());
    }

    /** Returns the request lines so far. */
    List<String> requests() {
        return requests;
    }

    /** Returns the number of connected clients. */
    long open() {
        return connections.stream().filter(connection -> !connection.isClosed()).count();
    }

    static void head(OutputStream out) throws IOException {
        write(out, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n");
    }

    static void chunk(OutputStream out, String text) throws IOException {
        write(out, Integer.toHexString(text.getBytes(StandardCharsets.UTF_8).length) + "\r\n" + text + "\r\n");
    }

    static void end(OutputStream out) throws IOException {
        write(out, "0\r\n\r\n");
    }

    /** Writes a complete answer. */
    static void complete(OutputStream out, String body) throws IOException {
        head(out);
        chunk(out, body);
        end(out);
    }

    private static void write(OutputStream out, String text) throws IOException {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
    }

    private void accept() {
        while (!socket.isClosed()) {
            try {
                Socket connection = socket.accept();
                connections.add(connection);
                Thread.ofVirtual().start(() -> serve(connection));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket connection) {
        try (connection) {
            BufferedReader lines =
                    new BufferedReader(new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII));
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("GET ")) {
                    requests.add(line);
                } else if (line.isEmpty()) {
                    script.answer(requests.getLast(), connection.getOutputStream());
                }
            }
        } catch (IOException e) {
            // The client may disconnect at any time.
            connections.remove(connection);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
            for (Socket connection : connections) {
                connection.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
