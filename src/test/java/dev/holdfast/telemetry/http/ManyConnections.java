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

/** Connections of a peer that sends the given text and never reads. All are kept open until the end. */
public final class ManyConnections implements AutoCloseable {
    /** Start of a request that is never completed. */
    public static final String HALF_A_REQUEST = "GET /metrics HTTP/1.1\r\nHost: a";

    private final List<SocketChannel> held = new ArrayList<>();
    private final int port;

    /** Creates the flood for a port of this host. */
    public ManyConnections(int port) {
        this.port = port;
    }

    /**
     * Opens connections, whatever the server does with earlier ones.
     *
     * @param count     number of connections; this process needs as many descriptors
     * @param addresses number of source addresses, used in turn from 127.0.0.2 on, at most 250
     * @param sent      sent on each connection
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
                // The server may have ended it already.
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
