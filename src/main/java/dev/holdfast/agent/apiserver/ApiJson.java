package dev.holdfast.agent.apiserver;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.agent.apiserver.JsonFields.Decoder;
import java.io.IOException;
import java.io.InputStream;

/** JSON of the API server: read from a stream as far as it matters, written from records. */
final class ApiJson {
    /** No object of the API server is bigger: etcd takes 1.5 MiB. Such a string is refused where it is used, not here. */
    private static final int LONGEST_TOKEN = 2 << 20;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            // Names come from whoever writes annotations; the JVM's own table would keep them.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(LONGEST_TOKEN)
                    .maxNameLength(LONGEST_TOKEN)
                    .maxNestingDepth(1000)
                    .build())
            .build();

    private static final JsonMapper JSON = JsonMapper.builder(FACTORY)
            // A newer server, or a newer agent before this one, may say more.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_AS_NULL)
            .build();

    private ApiJson() {}

    /** Returns a decoder of whole records, for objects that nobody but an agent writes. */
    static <T> Decoder<T> as(Class<T> type) {
        return json -> {
            try {
                return JSON.readValue(json, type);
            } catch (JsonProcessingException e) {
                throw new ApiServerException(
                        "found no %s: %s".formatted(type.getSimpleName(), e.getOriginalMessage()), e);
            }
        };
    }

    /**
     * Reads the one value of a stream.
     *
     * @param what for the message
     */
    static <T> T read(InputStream in, String what, Decoder<T> decoder) throws IOException {
        try (JsonParser json = FACTORY.createParser(in)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw new ApiServerException(what + " is not a JSON object");
            }
            T value = decoder.read(json);
            if (json.nextToken() != null) {
                throw new ApiServerException(what + " is more than one JSON object");
            }
            return value;
        } catch (JsonProcessingException e) {
            throw new ApiServerException(what + " is not valid JSON: " + e.getOriginalMessage(), e);
        }
    }

    static byte[] write(Object body) {
        try {
            return JSON.writeValueAsBytes(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not writable as JSON: " + e.getOriginalMessage(), e);
        }
    }
}
