package dev.holdfast.telemetry.http;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import java.util.Optional;

/** Refuses requests that are not a plain GET or HEAD. */
final class RequestCheck {
    private RequestCheck() {}

    /** Returns what is answered instead of the path's answer; empty when nothing is wrong. */
    static Optional<Answer> refusal(HttpRequest request) {
        Throwable failure = request.decoderResult().cause();
        if (failure instanceof TooLongHttpLineException) {
            return Optional.of(Answer.plain(414, "the request line is too long"));
        }
        if (failure instanceof TooLongHttpHeaderException) {
            return Optional.of(Answer.plain(431, "the headers are too long or too many"));
        }
        if (failure != null) {
            return Optional.of(Answer.plain(400, "not a request of HTTP/1.1"));
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            return Optional.of(Answer.plain(405, "only GET and HEAD are answered"));
        }
        if (HttpUtil.isTransferEncodingChunked(request) || HttpUtil.getContentLength(request, 0L) > 0) {
            return Optional.of(Answer.plain(413, "a request must have no body"));
        }
        return Optional.empty();
    }

    /** Returns the path that is asked for, without its query. */
    static String path(HttpRequest request) {
        String uri = request.uri();
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }
}
