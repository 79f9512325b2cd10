package dev.holdfast.testbed.qemu;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A scripted peer on a unix socket: serves one session after the other, then it is gone. */
public final class FakeQmp implements AutoCloseable {
    public static final String GREETING = "{\"QMP\": {\"version\": {}, \"capabilities\": []}}";

    private final Path socket;
    private final ServerSocketChannel server;
    private final Thread thread;

    /** One connection; the peer closes it when this returns. */
    public interface Session {
        void serve(BufferedReader in, PrintWriter out) throws IOException;
    }

    public FakeQmp(Path socket, Session... sessions) throws IOException {
        this.socket = socket;
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        thread = Thread.ofPlatform().daemon().start(() -> serve(List.of(sessions)));
    }

    /** Sends the greeting, accepts the capabilities, and continues. */
    public static Session greeted(Session session) {
        return (in, out) -> {
            out.println(GREETING);
            in.readLine();
            out.println("{\"return\": {}, \"id\": 1}");
            session.serve(in, out);
        };
    }

    private void serve(List<Session> sessions) {
        try {
            for (Session session : sessions) {
                try (SocketChannel peer = server.accept();
                        BufferedReader in = new BufferedReader(Channels.newReader(peer, StandardCharsets.UTF_8));
                        PrintWriter out = new PrintWriter(Channels.newWriter(peer, StandardCharsets.UTF_8), true)) {
                    session.serve(in, out);
                }
            }
            close();
        } catch (IOException e) {
            // The test is over and closed the server.
        }
    }

    void join() throws InterruptedException {
        thread.join();
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(socket);
    }
}
