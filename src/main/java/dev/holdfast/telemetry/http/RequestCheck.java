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

    /** Returns the error to answer; empty when the request is accepted. */
    static Optional<Answer> refusal(HttpRequest request) {
        Throwable failure = request.decoderResult().cause();
        if (failure instanceof TooLongHttpLineException) {
            return Optional.of(Answer.plain(414, "request line of more than " + HttpBounds.LINE_BYTES + " bytes"));
        }
        if (failure instanceof TooLongHttpHeaderException) {
            return Optional.of(Answer.plain(
                    431,
                    "headers too long or too many; at most " + HttpBounds.HEADERS + " with " + HttpBounds.HEADER_BYTES
                            + " bytes in total are allowed"));
        }
        if (failure != null) {
            return Optional.of(Answer.plain(400, "not an HTTP/1.1 request"));
        }
        if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
            return Optional.of(Answer.plain(405, "method not allowed; only GET and HEAD are supported"));
        }
        if (HttpUtil.isTransferEncodingChunked(request) || HttpUtil.getContentLength(request, 0L) > 0) {
            return Optional.of(Answer.plain(413, "the request has a body, which is not supported"));
        }
        return Optional.empty();
    }

    /** Returns the path of the request, without its query. */
    static String path(HttpRequest request) {
        String uri = request.uri();
        int query = uri.indexOf('?');
        return query < 0 ? uri : uri.substring(0, query);
    }
}
