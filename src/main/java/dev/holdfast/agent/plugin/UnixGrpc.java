package dev.holdfast.agent.plugin;

import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** gRPC over unix sockets, all of it on one thread: what the kubelet and an agent tell each other is little. */
public final class UnixGrpc implements AutoCloseable {
    /** What the kubelet's own clients of the pod resources API take; a full node exceeds gRPC's usual 4 MiB. */
    private static final int MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("unix-grpc", true), NioIoHandler.newFactory());

    /** Serves on a socket that must not exist yet, and does not wait in its handlers: they run on the one thread. */
    public Server serve(Path socket, BindableService service) throws IOException {
        return NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelType(NioServerDomainSocketChannel.class)
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .directExecutor()
                .addService(service)
                .build()
                .start();
    }

    /** A connection that is made when it is first needed. */
    public ManagedChannel connect(Path socket) {
        return NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelType(NioDomainSocketChannel.class, UnixDomainSocketAddress.class)
                .eventLoopGroup(loop)
                .directExecutor()
                .overrideAuthority("localhost")
                .usePlaintext()
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .build();
    }

    /** What went wrong, in a few words on one line: gRPC's own are a stack of causes. */
    static String words(StatusRuntimeException e) {
        Throwable cause = e.getStatus().getCause();
        String words = cause == null ? e.getStatus().getDescription() : cause.getMessage();
        return e.getStatus().getCode()
                + (words == null ? "" : ", " + words.lines().findFirst().orElse(""));
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
}
