package dev.holdfast.telemetry.http;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.List;

/** Connections of somebody who sends what is given and never reads; all are held until the end. */
public final class ManyConnections implements AutoCloseable {
    /** The beginning of a request that never ends. */
    public static final String HALF_A_REQUEST = "GET /metrics HTTP/1.1\r\nHost: a";

    private final List<SocketChannel> held = new ArrayList<>();
    private final int port;

    /** Creates it for a port of this host. */
    public ManyConnections(int port) {
        this.port = port;
    }

    /**
     * Opens connections, all of them, whatever the server does with those before.
     *
     * @param count     how many; this process needs as many descriptors
     * @param addresses how many sources they come from, in turn: 127.0.0.2 and those that follow, at most 250
     * @param sent      on each
     */
    public ManyConnections open(int count, int addresses, String sent) throws IOException {
        for (int i = 0; i < count; i++) {
            SocketChannel channel = SocketChannel.open();
            held.add(channel);
            channel.setOption(StandardSocketOptions.SO_RCVBUF, 1024);
            channel.bind(new InetSocketAddress(InetAddress.ofLiteral("127.0.0." + (2 + i % addresses)), 0));
            try {
                channel.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port));
                channel.write(ByteBuffer.wrap(sent.getBytes(US_ASCII)));
            } catch (IOException e) {
                // Ended by the server already, which is its right.
                channel.close();
            }
        }
        return this;
    }

    @Override
    public void close() throws IOException {
        for (SocketChannel channel : held) {
            channel.close();
        }
    }
}
