package dev.holdfast.agent.apiserver;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the required values of an object while it is streamed: all others are skipped without being held, and what is
 * held is bounded, whatever its writer put there.
 *
 * <p>Every method starts with the parser at a value and ends with it at the last token of that value. An absent value
 * and {@code null} are the same.
 */
public final class JsonFields {
    /** Reads the value of a field, or leaves it to be skipped. */
    @FunctionalInterface
    public interface FieldReader {
        void read(String field, JsonParser json) throws IOException;
    }

    /** Reads an element of an array, or leaves it to be skipped. */
    @FunctionalInterface
    public interface ElementReader {
        void read(JsonParser json) throws IOException;
    }

    /** Reads one value. */
    @FunctionalInterface
    public interface Decoder<T> {
        /**
         * Reads the value.
         *
         * @throws ApiServerException when the value is invalid; the rest of the stream can still be read
         * @throws IOException when the stream cannot be read any further
         */
        T read(JsonParser json) throws IOException;
    }

    private JsonFields() {}

    /** Passes each field of an object to {@code reader}. */
    public static void read(JsonParser json, FieldReader reader) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw unexpected(json, "an object");
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String field = json.currentName();
            json.nextToken();
            reader.read(field, json);
            // No effect on a value that was read: its last token starts no structure.
            json.skipChildren();
        }
    }

    /**
     * Reads a value, and skips the rest of an invalid one, so that the stream can be read further.
     *
     * @return what is wrong with it; null when it is valid
     */
    public static @Nullable ApiServerException attempt(JsonParser json, Decoder<?> decoder) throws IOException {
        JsonStreamContext inside = json.getParsingContext();
        JsonStreamContext around = json.currentToken().isStructStart() ? inside.getParent() : inside;
        try {
            decoder.read(json);
            return null;
        } catch (ApiServerException e) {
            while (json.getParsingContext() != around) {
                json.nextToken();
            }
            return e;
        }
    }

    /** Returns the elements of an array, of which at most {@code max} are allowed. */
    public static <T> List<T> list(JsonParser json, int max, Decoder<T> element) throws IOException {
        List<T> found = new ArrayList<>();
        String where = where(json);
        each(json, one -> {
            if (found.size() == max) {
                throw new ApiServerException("more than %d elements in %s".formatted(max, where));
            }
            found.add(element.read(one));
        });
        return List.copyOf(found);
    }

    /** Passes each element of an array to {@code reader}; their number is not bounded. */
    public static void each(JsonParser json, ElementReader reader) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw unexpected(json, "an array");
        }
        while (json.nextToken() != JsonToken.END_ARRAY) {
            reader.read(json);
            json.skipChildren();
        }
    }

    /** Returns an object of strings, with at most {@code max} of them and at most {@code maxLength} characters each. */
    public static Map<String, String> texts(JsonParser json, int max, int maxLength) throws IOException {
        Map<String, String> found = new LinkedHashMap<>();
        String where = where(json);
        read(json, (key, value) -> {
            if (found.size() == max || key.length() > maxLength) {
                throw new ApiServerException("more than %d entries, or a key of more than %d characters, in %s"
                        .formatted(max, maxLength, where));
            }
            String text = text(value, maxLength);
            found.put(key, text == null ? "" : text);
        });
        return Map.copyOf(found);
    }

    /** Returns a string; null for none. */
    public static @Nullable String text(JsonParser json, int maxLength) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        if (json.currentToken() != JsonToken.VALUE_STRING) {
            throw unexpected(json, "a string");
        }
        if (json.getTextLength() > maxLength) {
            throw new ApiServerException("string of %d characters in %s; at most %d are allowed"
                    .formatted(json.getTextLength(), where(json), maxLength));
        }
        return json.getText();
    }

    /** Returns a whole number that fits 64 bits; null for none. */
    public static @Nullable Long number(JsonParser json) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return null;
        }
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT) {
            throw unexpected(json, "a whole number");
        }
        try {
            return json.getLongValue();
        } catch (JsonProcessingException e) {
            throw new ApiServerException("number in " + where(json) + " does not fit 64 bits", e);
        }
    }

    /** Returns whether the value is {@code true}. */
    public static boolean flag(JsonParser json) {
        return json.currentToken() == JsonToken.VALUE_TRUE;
    }

    private static ApiServerException unexpected(JsonParser json, String required) throws IOException {
        return new ApiServerException("%s in %s; %s is required".formatted(json.currentToken(), where(json), required));
    }

    /** Returns the name of the field, never its content. */
    private static String where(JsonParser json) throws IOException {
        String field = json.currentName();
        return field == null ? "an array" : "\"" + field.substring(0, Math.min(field.length(), 64)) + "\"";
    }
}
