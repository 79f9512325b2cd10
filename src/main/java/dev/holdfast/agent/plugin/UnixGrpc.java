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
import java.util.List;
import java.util.concurrent.TimeUnit;

/** gRPC over unix sockets on one thread: kubelet and agent exchange few messages. */
public final class UnixGrpc implements AutoCloseable {
    /**
     * Maximum size that the kubelet's own clients of the pod resources API accept; a full node exceeds gRPC's default
     * of 4 MiB.
     */
    private static final int MAX_MESSAGE_BYTES = 16 * 1024 * 1024;

    private final EventLoopGroup loop =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("unix-grpc", true), NioIoHandler.newFactory());

    /** Serves on a socket that must not exist yet. Handlers must not block: they run on the one thread. */
    public Server serve(Path socket, BindableService service) throws IOException {
        return serve(socket, List.of(service));
    }

    /** Serves several services on a socket that must not exist yet. Handlers must not block. */
    Server serve(Path socket, List<BindableService> services) throws IOException {
        NettyServerBuilder builder = NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
                .channelType(NioServerDomainSocketChannel.class)
                .bossEventLoopGroup(loop)
                .workerEventLoopGroup(loop)
                .directExecutor();
        services.forEach(builder::addService);
        return builder.build().start();
    }

    /** Returns a channel that connects at its first use. */
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

    /** Returns a short message on one line: the messages of gRPC are a stack of causes. */
    static String message(StatusRuntimeException e) {
        Throwable cause = e.getStatus().getCause();
        String message = cause == null ? e.getStatus().getDescription() : cause.getMessage();
        return e.getStatus().getCode()
                + (message == null ? "" : ", " + message.lines().findFirst().orElse(""));
    }

    @Override
    public void close() {
        loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2, TimeUnit.SECONDS);
    }
}
