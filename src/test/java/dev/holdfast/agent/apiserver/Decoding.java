package dev.holdfast.agent.apiserver;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.io.UncheckedIOException;

/** Values as the agent reads them from an answer of the API server. */
public final class Decoding {
    private Decoding() {}

    /** Reads a value from its JSON. */
    public static <T> T read(String text, JsonFields.Decoder<T> decoder) {
        try (JsonParser json = new JsonFactory().createParser(text)) {
            json.nextToken();
            return decoder.read(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
