package dev.holdfast.reconcile.cache;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * Counts the limited parts of one object: a VM's spec and labels. The schema bounds each field, and etcd all of them together
 * to 1.5 MiB, of which small pieces take fifty times as much memory.
 */
final class SizeLimit {
    /** Names and texts together, in characters: cloud-init data of 64 KiB twice, and as much again as any other spec has. */
    static final int MAX_CHARACTERS = 160 << 10;

    /** Names, values and brackets: each becomes an object of some hundred bytes. */
    static final int MAX_TOKENS = 2048;

    private long characters;
    private int tokens;

    /** Counts the token that the parser is at; false when that is too much, from then on. */
    boolean admits(JsonParser parser) throws IOException {
        tokens++;
        if (isWithin()) {
            JsonToken token = parser.currentToken();
            characters += token.isScalarValue() || token == JsonToken.FIELD_NAME ? parser.getTextLength() : 0;
        }
        return isWithin();
    }

    private boolean isWithin() {
        return tokens <= MAX_TOKENS && characters <= MAX_CHARACTERS;
    }
}
