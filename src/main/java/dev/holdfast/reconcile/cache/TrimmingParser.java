package dev.holdfast.reconcile.cache;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.util.TokenBuffer;
import dev.holdfast.api.DecodeFault;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Parses an object, a list or an event of a watch without the fields that {@link KeptFields} skips. The kind must come before
 * the other fields, as the API server writes it; an object whose kind comes later is kept whole.
 */
final class TrimmingParser extends JsonParserDelegate {
    private static final String LIST = "List";

    private final JsonParser source;
    /** Kind of the whole text, such as PodList. */
    private String outerKind = "";
    /** Kind of the current item or of the event's object. */
    private String innerKind = "";
    /** True when the value of the last field has a limit. */
    private boolean limited;
    /** Limit of those parts of the current object. */
    private SizeLimit limit = new SizeLimit();

    TrimmingParser(JsonParser source) {
        super(source);
        this.source = source;
    }

    @Override
    public JsonToken nextToken() throws IOException {
        if (delegate != source) {
            JsonToken replayed = delegate.nextToken();
            if (replayed != null) {
                return replayed;
            }
            delegate = source;
        }
        JsonToken token = source.nextToken();
        if (limited) {
            limited = false;
            delegate = limitedValue();
            return delegate.nextToken();
        }
        while (token == JsonToken.FIELD_NAME && isSkipped()) {
            source.nextToken();
            source.skipChildren();
            token = source.nextToken();
        }
        if (token == JsonToken.VALUE_STRING && "kind".equals(source.currentName())) {
            noteKind();
        }
        return token;
    }

    private void noteKind() throws IOException {
        int depth = path().size();
        if (depth == 1) {
            outerKind = source.getText();
            limit = new SizeLimit();
        } else if (depth == 2 && isInner(path())) {
            innerKind = source.getText();
            limit = new SizeLimit();
        }
    }

    private boolean isSkipped() throws IOException {
        List<String> path = path();
        String field = path.removeLast();
        boolean inner = isInner(path);
        if (inner) {
            path.removeFirst();
        }
        String kind = inner ? innerKind() : outerKind;
        if (!KeptFields.isKnown(kind)) {
            return false;
        }
        KeptFields.Handling handling = KeptFields.of(kind, path, field);
        limited = handling == KeptFields.Handling.LIMITED;
        return handling == KeptFields.Handling.SKIPPED;
    }

    /** Returns the kind of the current item, from the list's kind if the item has none, as for built-in kinds. */
    private String innerKind() {
        return outerKind.endsWith(LIST) && innerKind.isEmpty()
                ? outerKind.substring(0, outerKind.length() - LIST.length())
                : innerKind;
    }

    private static boolean isInner(List<String> path) {
        return !path.isEmpty()
                && (path.getFirst().equals("items") || path.getFirst().equals("object"));
    }

    /** Returns the names from the root to the current field, inclusive. */
    private List<String> path() {
        List<String> names = new ArrayList<>();
        for (JsonStreamContext at = source.getParsingContext(); at != null; at = at.getParent()) {
            if (at.inObject() && at.getCurrentName() != null) {
                names.add(at.getCurrentName());
            }
        }
        Collections.reverse(names);
        return names;
    }

    /** Returns the current value, or an undecodable one in place of it, and of all later ones of the object, if it is too large. */
    private JsonParser limitedValue() throws IOException {
        TokenBuffer value = new TokenBuffer(source);
        boolean within = true;
        int depth = 0;
        do {
            JsonToken token = source.currentToken();
            within = limit.admits(source);
            if (within) {
                value.copyCurrentEvent(source);
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        } while (depth > 0 && source.nextToken() != null);
        if (!within) {
            value = new TokenBuffer(source);
            value.writeString(DecodeFault.TOO_LARGE);
        }
        return value.asParser(source);
    }
}
