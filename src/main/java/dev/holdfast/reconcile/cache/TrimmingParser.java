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
 * The JSON of an object, a list or an event of a watch without what {@link KeptFields} leaves out. What a kind is has to
 * stand before its fields, as the API server writes it; an object whose kind comes later is kept whole.
 */
final class TrimmingParser extends JsonParserDelegate {
    private static final String LIST = "List";

    private final JsonParser source;
    /** Of the whole text, such as PodList. */
    private String outerKind = "";
    /** Of the item or of the event's object. */
    private String innerKind = "";
    /** The value of the field just read has a limit. */
    private boolean limited;
    /** Of the parts of the present object that have one. */
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
        KeptFields.Fate fate = KeptFields.of(kind, path, field);
        limited = fate == KeptFields.Fate.LIMITED;
        return fate == KeptFields.Fate.SKIPPED;
    }

    /** Items of a list of a built-in kind do not repeat it. */
    private String innerKind() {
        return outerKind.endsWith(LIST) && innerKind.isEmpty()
                ? outerKind.substring(0, outerKind.length() - LIST.length())
                : innerKind;
    }

    private static boolean isInner(List<String> path) {
        return !path.isEmpty()
                && (path.getFirst().equals("items") || path.getFirst().equals("object"));
    }

    /** The names on the way to the present field, itself included. */
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

    /** The present value; one that cannot be decoded in place of it, and of all further ones of the object, when it is too big. */
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
