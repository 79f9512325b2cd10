package dev.holdfast.reconcile.cache;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.io.InputStream;

/**
 * Creates parsers that skip the fields that {@link KeptFields} does not keep, in lists and in events of a watch, so that neither
 * a tree nor an object is created for them.
 */
public final class TrimmingJsonFactory extends JsonFactory {
    private static final long serialVersionUID = 1;

    @Override
    public JsonParser createParser(InputStream in) throws IOException {
        return new TrimmingParser(super.createParser(in));
    }
}
