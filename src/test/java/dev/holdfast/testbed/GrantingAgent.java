package dev.holdfast.testbed;

import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.grant.GrantAnswer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** The socket of an agent that gives each launcher the same grant at once. */
public final class GrantingAgent implements AutoCloseable {
    private final ServerSocketChannel socket;
    private final byte[] answer;

    /** @param grant with a limit that every launcher has already */
    public GrantingAgent(Path path, GrantAnswer.Granted grant) throws IOException {
        answer = (new JsonMapper().writerFor(GrantAnswer.class).writeValueAsString(grant) + "\n")
                .getBytes(StandardCharsets.UTF_8);
        socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        socket.bind(UnixDomainSocketAddress.of(path));
        Thread.ofPlatform().daemon().name("granting agent").start(this::serve);
    }

    private void serve() {
        try {
            while (true) {
                try (SocketChannel launcher = socket.accept()) {
                    answer(launcher);
                }
            }
        } catch (ClosedChannelException e) {
            // Closed by its owner.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void answer(SocketChannel launcher) throws IOException {
        var request = Channels.newInputStream(launcher);
        int read = request.read();
        while (read >= 0 && read != '\n') {
            read = request.read();
        }
        launcher.write(ByteBuffer.wrap(answer));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
