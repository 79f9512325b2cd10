package dev.holdfast.agent.apiserver;

import java.io.IOException;
import java.io.InputStream;

/**
 * Splits a stream into lines, each of which is read as a stream of its own: an invalid line does not affect the next.
 * Not thread-safe.
 */
final class LineSplitter extends InputStream {
    private static final int BUFFER_BYTES = 8192;

    private final InputStream in;
    private final byte[] buffer = new byte[BUFFER_BYTES];
    private int position;
    private int limit;
    /** True at the end of the current line; initially true. */
    private boolean lineEnded = true;

    LineSplitter(InputStream in) {
        this.in = in;
    }

    /**
     * Skips the rest of the line and advances to the next one that is not empty; returns false at the end of the
     * stream.
     */
    boolean nextLine() throws IOException {
        while (!lineEnded) {
            if (position == limit && !fill()) {
                return false;
            }
            skipToEnd();
        }
        while (position < limit || fill()) {
            if (buffer[position] != '\n') {
                lineEnded = false;
                return true;
            }
            position++;
        }
        return false;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /** Reads the current line; -1 at its end. */
    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (lineEnded || position == limit && !fill()) {
            return -1;
        }
        int count = 0;
        while (count < length && position < limit) {
            byte next = buffer[position++];
            if (next == '\n') {
                lineEnded = true;
                break;
            }
            target[offset + count++] = next;
        }
        return count == 0 ? -1 : count;
    }

    private void skipToEnd() {
        while (position < limit && !lineEnded) {
            lineEnded = buffer[position++] == '\n';
        }
    }

    private boolean fill() throws IOException {
        position = 0;
        limit = Math.max(0, in.read(buffer, 0, buffer.length));
        return limit > 0;
    }
}
