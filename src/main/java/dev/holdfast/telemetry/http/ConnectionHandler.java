package dev.holdfast.telemetry.http;

import dev.holdfast.telemetry.http.OpenConnections.Connection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.net.InetAddress;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Handles one connection: one request, one answer, then the connection ends. It counts as open until the peer has
 * closed its side, so that the memory that the kernel holds for a peer that does not read is bounded too. Not
 * thread-safe: used by the one thread of the server.
 */
final class ConnectionHandler extends SimpleChannelInboundHandler<Object> {
    private final HttpBounds bounds;
    private final OpenConnections<InetAddress> connections;
    private final Endpoints endpoints;
    private final HttpMeters meters;
    private @Nullable Connection<InetAddress> connection;
    private @Nullable Future<?> deadline;
    private Runnable cancelRequest = () -> {};

    ConnectionHandler(
            HttpBounds bounds, OpenConnections<InetAddress> connections, Endpoints endpoints, HttpMeters meters) {
        this.bounds = bounds;
        this.connections = connections;
        this.endpoints = endpoints;
        this.meters = meters;
    }

    @Override
    public void channelActive(ChannelHandlerContext context) {
        SocketChannel channel = (SocketChannel) context.channel();
        Connection<InetAddress> added = connections.add(channel.remoteAddress().getAddress(), () -> abort(channel));
        connection = added;
        endWithin(bounds.requestTime(), channel);
        connections.excess(added).ifPresent(excess -> {
            meters.crowded();
            excess.abort();
        });
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        forget();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, Object message) {
        if (message instanceof HttpRequest request && connection != null && !connection.requestReceived()) {
            connection.markRequestReceived();
            endWithin(bounds.answerTime(), context.channel());
            // All further bytes are read and dropped.
            context.pipeline().remove(HttpRequestDecoder.class);
            boolean withBody = !request.method().equals(HttpMethod.HEAD);
            RequestCheck.refusal(request)
                    .ifPresentOrElse(
                            refusal -> send(context, refusal, withBody),
                            () -> cancelRequest = endpoints.get(
                                    RequestCheck.path(request), answer -> send(context, answer, withBody)));
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        abort(context.channel());
    }

    /** Sends the answer. Thread-safe. */
    private static void send(ChannelHandlerContext context, Answer answer, boolean withBody) {
        ByteBuf body = withBody ? Unpooled.wrappedBuffer(answer.body()) : Unpooled.EMPTY_BUFFER;
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), body);
        response.headers()
                .set(HttpHeaderNames.CONTENT_TYPE, answer.type())
                .set(HttpHeaderNames.CONTENT_LENGTH, answer.body().length)
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        if (answer.status() == HttpResponseStatus.METHOD_NOT_ALLOWED.code()) {
            response.headers().set(HttpHeaderNames.ALLOW, "GET, HEAD");
        }
        context.writeAndFlush(response)
                .addListener(ChannelFutureListener.CLOSE_ON_FAILURE)
                .addListener(sent -> {
                    if (sent.isSuccess()) {
                        ((SocketChannel) context.channel()).shutdownOutput();
                    }
                });
    }

    private void endWithin(Duration time, Channel channel) {
        cancelDeadline();
        deadline = channel.eventLoop()
                .schedule(
                        () -> {
                            meters.late();
                            abort(channel);
                        },
                        time.toMillis(),
                        TimeUnit.MILLISECONDS);
    }

    /** Ends the connection with a reset, so that the kernel drops what was not read. */
    private void abort(Channel channel) {
        forget();
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }
    }

    private void forget() {
        cancelDeadline();
        cancelRequest.run();
        if (connection != null) {
            connections.remove(connection);
        }
    }

    private void cancelDeadline() {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }
}
