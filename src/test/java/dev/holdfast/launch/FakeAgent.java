package dev.holdfast.launch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** An agent on a unix socket that answers each connection with the next of its texts, whatever was asked. */
public final class FakeAgent implements AutoCloseable {
    private final ServerSocketChannel server;
    private final Queue<String> asked = new ConcurrentLinkedQueue<>();

    /** @param answers sent as they are, so a line needs its end */
    public FakeAgent(Path socket, String... answers) throws IOException {
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        Thread.ofPlatform().daemon().start(() -> serve(List.of(answers)));
    }

    private void serve(List<String> answers) {
        try {
            for (String answer : answers) {
                try (SocketChannel peer = server.accept();
                        BufferedReader in = new BufferedReader(Channels.newReader(peer, StandardCharsets.UTF_8));
                        Writer out = Channels.newWriter(peer, StandardCharsets.UTF_8)) {
                    asked.add(String.valueOf(in.readLine()));
                    out.write(answer);
                }
            }
        } catch (IOException e) {
            // The test is over and closed the server, or the launcher hung up on an endless line.
        }
    }

    /** The lines that came. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
