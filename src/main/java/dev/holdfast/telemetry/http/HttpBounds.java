package dev.holdfast.telemetry.http;

import java.time.Duration;

/**
 * How much of the server anyone can take.
 *
 * @param perAddress  connections of one source address at once
 * @param inAll       connections at once
 * @param requestTime from the connection to the end of its request
 * @param answerTime  from the request until its answer has been read and the peer has closed the connection
 */
record HttpBounds(int perAddress, int inAll, Duration requestTime, Duration answerTime) {
    /** Prometheus waits for an answer as long as this does, by default. */
    static final HttpBounds STANDARD = new HttpBounds(32, 128, Duration.ofSeconds(5), Duration.ofSeconds(10));

    /** Of a request, its first line. */
    static final int LINE_BYTES = 1024;
    /** Of a request: enough for a scraper with a token, and what a mesh adds. */
    static final int HEADER_BYTES = 8 * 1024;
    /** Of a request. */
    static final int HEADERS = 64;
    /** In the kernel, of a connection: what was sent and not read here. */
    static final int RECEIVE_BUFFER_BYTES = 16 * 1024;
    /** In the kernel, of a connection: what was answered and not read there. */
    static final int SEND_BUFFER_BYTES = 64 * 1024;
}
