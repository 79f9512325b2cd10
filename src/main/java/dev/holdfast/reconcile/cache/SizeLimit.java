package dev.holdfast.reconcile.cache;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/**
 * Counts the limited parts of one object: a VM's spec and labels. The schema limits each field, and etcd the object to 1.5 MiB,
 * but many small values take fifty times as much memory.
 */
final class SizeLimit {
    /** Names and texts together, in characters: twice 64 KiB of cloud-init data, and enough for the rest of a spec. */
    static final int MAX_CHARACTERS = 160 << 10;

    /** Names, values and brackets: each takes an object of some hundred bytes. */
    static final int MAX_TOKENS = 2048;

    private long characters;
    private int tokens;

    /** Counts the parser's current token. Returns whether the object is within the limit; once false, it stays false. */
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
