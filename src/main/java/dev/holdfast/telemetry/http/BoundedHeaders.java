package dev.holdfast.telemetry.http;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpHeadersFactory;
import io.netty.handler.codec.http.TooLongHttpHeaderException;

/**
 * Headers of a request, bounded in number: Netty bounds only their bytes, and a header of three bytes takes 150 bytes
 * of the heap.
 */
final class BoundedHeaders extends DefaultHttpHeaders {
    static final HttpHeadersFactory FACTORY = new HttpHeadersFactory() {
        @Override
        public HttpHeaders newHeaders() {
            return new BoundedHeaders();
        }

        @Override
        public HttpHeaders newEmptyHeaders() {
            return new BoundedHeaders();
        }
    };

    @Override
    public HttpHeaders add(CharSequence name, Object value) {
        if (size() >= HttpBounds.HEADERS) {
            throw new TooLongHttpHeaderException("more than " + HttpBounds.HEADERS + " headers");
        }
        return super.add(name, value);
    }
}
