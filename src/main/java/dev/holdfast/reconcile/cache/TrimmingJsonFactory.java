package dev.holdfast.reconcile.cache;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.io.InputStream;

/**
 * Reads the API server's answers without what {@link KeptFields} leaves out: it is skipped while it is read, in lists as
 * in events of a watch, so neither a tree nor an object is ever made of it.
 */
public final class TrimmingJsonFactory extends JsonFactory {
    private static final long serialVersionUID = 1;

    @Override
    public JsonParser createParser(InputStream in) throws IOException {
        return new TrimmingParser(super.createParser(in));
    }
}
