package dev.holdfast.reconcile.cache;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;

/** Counts how much of the heap a part of an object would take: its texts, and whatever else there is piece by piece. */
final class SizeLimit {
    /** Names and texts together, in characters. */
    static final int MAX_TEXT = 160 << 10;

    /** Names, values and brackets: each becomes an object of some hundred bytes. */
    static final int MAX_TOKENS = 2048;

    private long text;
    private int tokens;

    /** Counts the token that the parser is at; false when that is too much, from then on. */
    boolean admits(JsonParser parser) throws IOException {
        tokens++;
        if (tokens <= MAX_TOKENS && text <= MAX_TEXT) {
            JsonToken token = parser.currentToken();
            text += token.isScalarValue() || token == JsonToken.FIELD_NAME ? parser.getTextLength() : 0;
        }
        return tokens <= MAX_TOKENS && text <= MAX_TEXT;
    }
}
