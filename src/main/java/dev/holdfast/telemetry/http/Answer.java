package dev.holdfast.telemetry.http;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * HTTP response without its headers.
 *
 * @param status status code
 * @param type   Content-Type
 * @param body   must not be changed: many connections may share it
 */
@SuppressWarnings("ArrayRecordComponent") // shared intentionally, never compared
record Answer(int status, String type, byte[] body) {
    private static final String PLAIN = "text/plain; charset=utf-8";
    /** Text format with its version: Prometheus 3 requires it. */
    private static final String METRICS = "text/plain; version=0.0.4; charset=utf-8";

    static Answer plain(int status, String message) {
        return new Answer(status, PLAIN, (message + "\n").getBytes(UTF_8));
    }

    static Answer metrics(String page) {
        return new Answer(200, METRICS, page.getBytes(UTF_8));
    }
}
