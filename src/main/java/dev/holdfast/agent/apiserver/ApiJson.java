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

/** JSON of the API server: read from a stream as far as it is needed, written from records. */
final class ApiJson {
    /**
     * Maximum length of a string or name. No object of the API server is larger: etcd accepts 1.5 MiB. Such a string is
     * refused where it is used.
     */
    private static final int MAX_TOKEN_LENGTH = 2 << 20;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            // Names come from annotations of any user; the JVM would keep interned ones.
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxStringLength(MAX_TOKEN_LENGTH)
                    .maxNameLength(MAX_TOKEN_LENGTH)
                    .maxNestingDepth(1000)
                    .build())
            .build();

    private static final JsonMapper JSON = JsonMapper.builder(FACTORY)
            // A newer server, or a newer agent before this one, may send more fields.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.READ_UNKNOWN_ENUM_VALUES_AS_NULL)
            .build();

    private ApiJson() {}

    /** Returns a decoder of complete records, for objects that only agents write. */
    static <T> Decoder<T> as(Class<T> type) {
        return json -> {
            try {
                return JSON.readValue(json, type);
            } catch (JsonProcessingException e) {
                throw new ApiServerException(
                        "not a valid %s: %s".formatted(type.getSimpleName(), e.getOriginalMessage()), e);
            }
        };
    }

    /**
     * Reads the single value of a stream.
     *
     * @param what name of the value in messages
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
