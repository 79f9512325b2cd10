package dev.holdfast.reconcile.cache;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.holdfast.plan.SpecSize;
import java.io.IOException;

/** Counts the limited parts of one object against {@link SpecSize}. */
final class SizeLimit {
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
        return tokens <= SpecSize.MAX_TOKENS && characters <= SpecSize.MAX_CHARACTERS;
    }
}
