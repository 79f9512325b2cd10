package dev.holdfast.agent.apiserver;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/** What the API server says and is told, as records of ours. */
public final class ApiJson {
    private static final JsonMapper JSON = JsonMapper.builder()
            // A newer server may say more.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private ApiJson() {}

    /**
     * A part of an object, as one of our records.
     *
     * @throws ApiServerException when it is not shaped like that
     */
    public static <T> T read(Class<T> type, JsonNode node) throws ApiServerException {
        try {
            return JSON.treeToValue(node, type);
        } catch (JsonProcessingException e) {
            throw new ApiServerException(
                    "What the API server has is not a %s: %s".formatted(type.getSimpleName(), e.getOriginalMessage()),
                    e);
        }
    }

    static <T> T read(Class<T> type, byte[] text) throws ApiServerException {
        try {
            return JSON.readValue(text, type);
        } catch (JsonProcessingException e) {
            throw new ApiServerException(
                    "What the API server has is not a %s: %s".formatted(type.getSimpleName(), e.getOriginalMessage()),
                    e);
        } catch (IOException e) {
            throw new IllegalStateException("bytes in memory cannot fail", e);
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
