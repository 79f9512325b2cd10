package dev.holdfast.agent.grant;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Launcher in its own process: sends a request for each line of input, prints the answer and then the limit that the
 * kernel reports.
 */
public final class GrantClient {
    private GrantClient() {}

    public static void main(String[] arguments) throws IOException {
        System.out.println("ready");
        System.out.flush();
        if (System.in.read() >= 0) {
            System.out.println(ask(Path.of(arguments[0]), arguments[1] + "\n"));
            Files.readAllLines(Path.of("/proc/self/limits")).stream()
                    .filter(line -> line.startsWith("Max locked memory"))
                    .forEach(System.out::println);
        }
    }

    /** Sends one request on its own connection; returns the empty string without an answer. */
    public static String ask(Path socket, String text) throws IOException {
        try (SocketChannel channel = connect(socket)) {
            channel.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            return answer(channel);
        }
    }

    public static String answer(SocketChannel channel) throws IOException {
        BufferedReader reader =
                new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), StandardCharsets.UTF_8));
        String line = reader.readLine();
        return line == null ? "" : line;
    }

    public static SocketChannel connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        channel.connect(UnixDomainSocketAddress.of(socket));
        return channel;
    }
}
