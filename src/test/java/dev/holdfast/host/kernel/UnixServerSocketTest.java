package dev.holdfast.host.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.holdfast.testbed.fixtures.Sleeper;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnixServerSocketTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);

    @TempDir
    Path directory;

    private Path path;
    private UnixServerSocket server;

    @BeforeEach
    void listen() throws IOException {
        path = directory.resolve("s.sock");
        server = UnixServerSocket.bind(path);
    }

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void knowsThePeer() throws Exception {
        try (SocketChannel client = connect();
                PeerConnection peer = server.accept()) {
            assertThat(peer.pid())
                    .isEqualTo(Math.toIntExact(ProcessHandle.current().pid()));
            assertThat(peer.uid()).isEqualTo(Files.getAttribute(path, "unix:uid"));
            assertThat(peer.gid()).isEqualTo(Files.getAttribute(path, "unix:gid"));
            assertThat(peer.process().alive()).isTrue();
            assertThat(client.isConnected()).isTrue();
        }
    }

    @Test
    void exchangesOneLine() throws Exception {
        try (SocketChannel client = connect();
                PeerConnection peer = server.accept()) {
            send(client, "{\"a\":\"\u00e4\"}\nrest");
            assertThat(line(peer)).isEqualTo("{\"a\":\"\u00e4\"}");

            peer.writeLine("x".repeat(50_000), TIMEOUT);
            peer.close();
            assertThat(readAll(client)).isEqualTo("x".repeat(50_000) + "\n");
        }
    }

    @Test
    void joinsThePartsOfALine() throws Exception {
        try (SocketChannel client = connect();
                PeerConnection peer = server.accept()) {
            CompletableFuture<String> line = CompletableFuture.supplyAsync(() -> {
                try {
                    return line(peer);
                } catch (IOException e) {
                    return e.toString();
                }
            });
            for (String piece : "one line\n".split("", -1)) {
                send(client, piece);
            }
            assertThat(line.get(10, TimeUnit.SECONDS)).isEqualTo("one line");
        }
    }

    @Test
    void refusesALineThatIsTooLong() throws Exception {
        try (SocketChannel client = connect();
                PeerConnection peer = server.accept()) {
            send(client, "x".repeat(101));

            assertThatThrownBy(() -> line(peer)).hasMessageContaining("longer than 100 bytes");
        }
    }

    @Test
    void doesNotWaitForTheRestOfALine() throws Exception {
        try (SocketChannel client = connect();
                PeerConnection peer = server.accept()) {
            assertThat(peer.readLine(100)).isEmpty();

            send(client, "half a li");

            assertThat(peer.readLine(100)).isEmpty();
            assertThat(peer.bytesSoFar()).isEqualTo(9);
        }
    }

    @Test
    void aPollReportsReadablePeers() throws Exception {
        try (SocketChannel silent = connect();
                PeerConnection first = server.accept();
                SocketChannel client = connect();
                PeerConnection second = server.accept();
                WakeablePoll poll = WakeablePoll.open()) {
            assertThat(silent.isConnected()).isTrue();
            send(client, "a");

            assertThat(poll.await(List.of(first, second), Optional.of(TIMEOUT)).stream())
                    .containsExactly(1);
        }
    }

    @Test
    void aPollReportsTheEndOfAProcess() throws Exception {
        Sleeper child = new Sleeper();
        try (Pidfd process = Pidfd.open(child.pid());
                WakeablePoll poll = WakeablePoll.open()) {
            assertThat(poll.await(List.of(process), Optional.of(Duration.ZERO)).isEmpty())
                    .isTrue();

            child.end();

            assertThat(poll.await(List.of(process), Optional.empty()).get(0)).isTrue();
        }
    }

    @Test
    void aPollEndsOnceForEachWake() throws Exception {
        try (WakeablePoll poll = WakeablePoll.open()) {
            CompletableFuture<Void> caller = CompletableFuture.runAsync(poll::wake);

            assertThat(poll.await(List.of(), Optional.empty()).isEmpty()).isTrue();

            caller.get(10, TimeUnit.SECONDS);
            assertThat(poll.await(List.of(), Optional.of(Duration.ofMillis(1))).isEmpty())
                    .isTrue();
        }
    }

    @Test
    void reportsAConnectionThatEndsWithinALine() throws Exception {
        SocketChannel client = connect();
        try (PeerConnection peer = server.accept()) {
            send(client, "half");
            client.close();

            assertThatThrownBy(() -> line(peer)).isInstanceOf(EOFException.class);
        }
    }

    @Test
    void survivesAPeerThatDoesNotWaitForItsAnswer() throws Exception {
        SocketChannel client = connect();
        try (PeerConnection peer = server.accept()) {
            client.close();

            // SIGPIPE would end this JVM.
            assertThatThrownBy(() -> peer.writeLine("x".repeat(1 << 20), TIMEOUT))
                    .isInstanceOf(ErrnoException.class)
                    .hasMessageContaining("the peer has closed the connection");
        }
    }

    @Test
    void stopsWaitingForAPeerThatDoesNotRead() throws Exception {
        try (SocketChannel client = connect();
                PeerConnection peer = server.accept()) {
            assertThatThrownBy(() -> peer.writeLine("x".repeat(4 << 20), Duration.ofMillis(80)))
                    .isInstanceOf(InterruptedIOException.class);
            assertThat(client.isOpen()).isTrue();
        }
    }

    @Test
    void closingEndsAWaitingAccept() {
        CompletableFuture<PeerConnection> waiting = CompletableFuture.supplyAsync(() -> {
            try {
                return server.accept();
            } catch (IOException e) {
                throw new CompletionException(e);
            }
        });
        server.close();
        server.close();

        assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(ClosedChannelException.class);
    }

    @Test
    void allowsEveryUserToConnect() throws IOException {
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path)))
                .isEqualTo("rw-rw-rw-");
    }

    @Test
    void replacesTheSocketOfAFormerRun() throws Exception {
        server.close();
        assertThat(path).exists();

        server = UnixServerSocket.bind(path);

        try (SocketChannel client = connect();
                PeerConnection peer = server.accept()) {
            assertThat(peer.pid()).isPositive();
            assertThat(client.isConnected()).isTrue();
        }
    }

    @Test
    void replacesNothingButASocket() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "precious");

        assertThatThrownBy(() -> UnixServerSocket.bind(file)).hasMessageContaining("is not a socket; move it");
        assertThat(file).hasContent("precious");
    }

    @Test
    void reportsAPathThatIsTooLong() {
        Path longPath = Path.of("/tmp", "x".repeat(103));

        assertThatThrownBy(() -> UnixServerSocket.bind(longPath))
                .hasMessageContaining("has 108 bytes")
                .hasMessageContaining("at most 107");
    }

    @Test
    void aPidfdReportsTheEndOfItsProcess() throws Exception {
        Sleeper child = new Sleeper();
        try (Pidfd process = Pidfd.open(child.pid());
                Pidfd second = process.duplicate()) {
            assertThat(process.alive()).isTrue();

            child.end();

            await().atMost(TIMEOUT).until(() -> !process.alive());
            assertThat(second.alive()).isFalse();
            assertThatThrownBy(() -> Pidfd.open(child.pid())).hasMessageContaining("no such process");
        }
    }

    @Test
    void aDuplicateOutlivesTheFirst() throws Exception {
        try (Sleeper child = new Sleeper()) {
            Pidfd process = Pidfd.open(child.pid());
            try (Pidfd second = process.duplicate()) {
                process.close();

                assertThat(process.alive()).isFalse();
                assertThat(second.alive()).isTrue();
            }
        }
    }

    private SocketChannel connect() throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(path));
        return channel;
    }

    /** Waits as the agent does. */
    private static String line(PeerConnection peer) throws IOException {
        try (WakeablePoll poll = WakeablePoll.open()) {
            while (true) {
                Optional<String> line = peer.readLine(100);
                if (line.isPresent()) {
                    return line.get();
                }
                assertThat(poll.await(List.of(peer), Optional.of(TIMEOUT)).get(0))
                        .isTrue();
            }
        }
    }

    private static void send(SocketChannel channel, String text) throws IOException {
        channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static String readAll(SocketChannel channel) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        while (channel.read(buffer) >= 0) {
            // until the end
        }
        return new String(buffer.array(), 0, buffer.position(), StandardCharsets.UTF_8);
    }
}
