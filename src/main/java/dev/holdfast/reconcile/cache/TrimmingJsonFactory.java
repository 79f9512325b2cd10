package dev.holdfast.reconcile.cache;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.InputStream;

/**
 * Creates parsers that skip the fields that {@link KeptFields} does not keep, in lists and in events of a watch, so that neither
 * a tree nor an object is created for them.
 *
 * <p>A limit of the parser would end the whole list or watch, so they are those of the API server: any account that
 * may create a ResourceClaim can put 10 KiB of brackets, or of digits, into a driver's parameters.
 */
public final class TrimmingJsonFactory extends JsonFactory {
    private static final long serialVersionUID = 1;

    /** The API server accepts 10,000 levels (sigs.k8s.io/json); a list or an event adds a few. */
    private static final int MAX_DEPTH = 11_000;

    /** The API server limits the object that has the number; etcd accepts 1.5 MiB. */
    private static final int MAX_NUMBER_LENGTH = 2 << 20;

    public TrimmingJsonFactory() {
        setStreamReadConstraints(StreamReadConstraints.builder()
                .maxNestingDepth(MAX_DEPTH)
                .maxNumberLength(MAX_NUMBER_LENGTH)
                .build());
    }

    @Override
    public JsonParser createParser(InputStream in) throws IOException {
        return new TrimmingParser(super.createParser(in));
    }
}
