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
 * One connection: one request, one answer, the end. It counts until the peer has closed its side, so that what the kernel
 * keeps for a peer that does not read is bounded too. Used by the one thread of the server.
 */
final class ConnectionHandler extends SimpleChannelInboundHandler<Object> {
    private final HttpBounds bounds;
    private final OpenConnections<InetAddress> connections;
    private final Endpoints endpoints;
    private final HttpMeters meters;
    private @Nullable Connection<InetAddress> connection;
    private @Nullable Future<?> deadline;
    private Runnable withdraw = () -> {};

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
        if (message instanceof HttpRequest request && connection != null && !connection.hasAsked()) {
            connection.asked();
            endWithin(bounds.answerTime(), context.channel());
            // Whatever else comes is read and dropped.
            context.pipeline().remove(HttpRequestDecoder.class);
            boolean withBody = !request.method().equals(HttpMethod.HEAD);
            RequestCheck.refusal(request)
                    .ifPresentOrElse(
                            refusal -> send(context, refusal, withBody),
                            () -> withdraw = endpoints.get(
                                    RequestCheck.path(request), answer -> send(context, answer, withBody)));
        }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
        abort(context.channel());
    }

    /** For any thread. */
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

    /** Ends it with a reset, so that the kernel drops what was not read. */
    private void abort(Channel channel) {
        forget();
        if (channel.isOpen()) {
            channel.config().setOption(ChannelOption.SO_LINGER, 0);
            channel.close();
        }
    }

    private void forget() {
        cancelDeadline();
        withdraw.run();
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
