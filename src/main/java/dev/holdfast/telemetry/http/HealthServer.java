package dev.holdfast.telemetry.http;

import io.micrometer.core.instrument.MeterRegistry;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * HTTP server for the kubelet and Prometheus, on all addresses: {@code /healthz} (the process is alive), {@code
 * /readyz} (200, or 503 with a message about what is missing) and {@code /metrics}. Anyone in the pod network can
 * connect, a guest too, so connections, bytes and times are bounded; docs/decisions/0022 gives the reasons for this
 * server.
 */
public final class HealthServer implements AutoCloseable {
    /** Connections in short bursts wait here; each is accepted soon. */
    private static final int BACKLOG = 1024;

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("http", true), NioIoHandler.newFactory());
    private final Endpoints endpoints;
    private final Channel listener;

    /**
     * Starts the server.
     *
     * @param port     0 to 65535; 0 selects a free port, see {@link #port()}
     * @param notReady message about what is missing; empty when ready; called on any thread, one call at a time
     * @param scrape   returns all metrics in Prometheus' text format, usually {@code PrometheusMeterRegistry::scrape};
     *                 called on any thread, one call at a time
     * @param registry registry for the server's own meters
     * @throws IOException when the port cannot be bound
     */
    public HealthServer(int port, Supplier<Optional<String>> notReady, Supplier<String> scrape, MeterRegistry registry)
            throws IOException {
        this(port, notReady, scrape, registry, HttpBounds.STANDARD);
    }

    HealthServer(
            int port,
            Supplier<Optional<String>> notReady,
            Supplier<String> scrape,
            MeterRegistry registry,
            HttpBounds bounds)
            throws IOException {
        endpoints = new Endpoints(notReady, scrape);
        try {
            listener = bootstrap(bounds, new HttpMeters(registry))
                    .bind(port)
                    .syncUninterruptibly()
                    .channel();
        } catch (Exception e) {
            close();
            throw new IOException(
                    "cannot listen on port %d for health and metrics: %s; choose another port with --http-port"
                            .formatted(port, e.getMessage()),
                    e);
        }
    }

    /** Returns the port that the server listens on. */
    public int port() {
        return ((InetSocketAddress) listener.localAddress()).getPort();
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
        endpoints.close();
    }

    private ServerBootstrap bootstrap(HttpBounds bounds, HttpMeters meters) {
        OpenConnections<InetAddress> connections = new OpenConnections<>(bounds.perAddress(), bounds.inAll());
        HttpDecoderConfig decoding = new HttpDecoderConfig()
                .setMaxInitialLineLength(HttpBounds.LINE_BYTES)
                .setMaxHeaderSize(HttpBounds.HEADER_BYTES)
                .setHeadersFactory(BoundedHeaders.FACTORY)
                .setTrailersFactory(BoundedHeaders.FACTORY);
        // Unpooled buffers: the arenas of a pool would take more memory than all connections.
        return new ServerBootstrap()
                .group(loop)
                .channel(NioServerSocketChannel.class)
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_RCVBUF, HttpBounds.RECEIVE_BUFFER_BYTES)
                .option(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT)
                .childOption(ChannelOption.SO_SNDBUF, HttpBounds.SEND_BUFFER_BYTES)
                .childOption(ChannelOption.ALLOCATOR, UnpooledByteBufAllocator.DEFAULT)
                .childOption(ChannelOption.RECVBUF_ALLOCATOR, new FixedRecvByteBufAllocator(1024))
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        channel.pipeline()
                                .addLast(new HttpRequestDecoder(decoding))
                                .addLast(new HttpResponseEncoder())
                                .addLast(new ConnectionHandler(bounds, connections, endpoints, meters));
                    }
                });
    }
}
