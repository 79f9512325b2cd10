package dev.holdfast.telemetry.http;

import java.time.Duration;

/**
 * Bounds on the resources of the server that peers can use.
 *
 * @param perAddress  maximum number of open connections of one source address
 * @param inAll       maximum number of open connections
 * @param requestTime maximum time from the connection to the end of its request
 * @param answerTime  maximum time from the end of the request until the peer has read the answer and closed the
 *                    connection
 */
record HttpBounds(int perAddress, int inAll, Duration requestTime, Duration answerTime) {
    /** Default bounds. Prometheus by default waits for an answer as long as {@code answerTime}. */
    static final HttpBounds STANDARD = new HttpBounds(32, 128, Duration.ofSeconds(5), Duration.ofSeconds(10));

    /** Maximum length of the first line of a request. */
    static final int LINE_BYTES = 1024;
    /**
     * Maximum length of the headers of a request: enough for a scraper with a token, and for what a service mesh adds.
     */
    static final int HEADER_BYTES = 8 * 1024;
    /** Maximum number of headers of a request. */
    static final int HEADERS = 64;
    /** Bytes of a connection in the kernel that were received and not read yet. */
    static final int RECEIVE_BUFFER_BYTES = 16 * 1024;
    /** Bytes of a connection in the kernel that were sent and not read by the peer yet. */
    static final int SEND_BUFFER_BYTES = 64 * 1024;
}
