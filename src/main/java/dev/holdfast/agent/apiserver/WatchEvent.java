package dev.holdfast.agent.apiserver;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.agent.apiserver.Reflector.Projection;
import java.io.IOException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Object of a list or event of a watch, as far as it could be decoded.
 *
 * @param type    type of the event, ADDED for an object of a list; empty when unknown
 * @param name    name of the object; empty for a bookmark
 * @param version version of the object; empty when there is none
 * @param value   projection of the object; null when it cannot be decoded, or is not needed
 * @param problem message why it cannot be decoded; null when it can
 * @param code    code of an ERROR, such as 410: the version is too old to continue
 */
record WatchEvent<T>(
        String type,
        String name,
        String version,
        @Nullable T value,
        @Nullable String problem,
        long code) {
    private static final int MAX_NAME_LENGTH = 253;
    private static final int MAX_VERSION_LENGTH = 128;

    /** Reads an object of a list. */
    static <T> WatchEvent<T> ofObject(JsonParser json, Supplier<Projection<T>> projections) throws IOException {
        Reader<T> reader = new Reader<>(projections.get());
        reader.type = "ADDED";
        reader.object(json);
        return reader.event();
    }

    /** Reads an event of a watch. */
    static <T> WatchEvent<T> of(JsonParser json, Supplier<Projection<T>> projections) throws IOException {
        Reader<T> reader = new Reader<>(projections.get());
        JsonFields.read(json, (field, value) -> {
            switch (field) {
                case "type" -> reader.type = orEmpty(JsonFields.text(value, MAX_NAME_LENGTH));
                case "object" -> reader.object(value);
                default -> {}
            }
        });
        return reader.event();
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    private static final class Reader<T> {
        private final Projection<T> projection;
        private String type = "";
        private String name = "";
        private String version = "";
        private @Nullable ApiServerException problem;
        private long code;

        Reader(Projection<T> projection) {
            this.projection = projection;
        }

        void object(JsonParser json) throws IOException {
            JsonFields.read(json, (field, value) -> {
                switch (field) {
                    case "metadata" -> JsonFields.read(value, this::metadata);
                    // field of a Status, in an ERROR
                    case "code" -> code = value.getValueAsLong();
                    default -> attempt(value, () -> projection.field(field, value));
                }
            });
        }

        private void metadata(String field, JsonParser json) throws IOException {
            switch (field) {
                case "name" -> name = orEmpty(JsonFields.text(json, MAX_NAME_LENGTH));
                case "resourceVersion" -> {
                    version = orEmpty(JsonFields.text(json, MAX_VERSION_LENGTH));
                    projection.version(version);
                }
                default -> attempt(json, () -> projection.metadata(field, json));
            }
        }

        private void attempt(JsonParser json, Reading reading) throws IOException {
            ApiServerException found = JsonFields.attempt(json, any -> {
                reading.run();
                return any;
            });
            if (problem == null) {
                problem = found;
            }
        }

        WatchEvent<T> event() {
            T value = null;
            if (problem == null && !name.isEmpty()) {
                try {
                    value = projection.result(name);
                } catch (ApiServerException e) {
                    problem = e;
                }
            }
            return new WatchEvent<>(type, name, version, value, problem == null ? null : problem.getMessage(), code);
        }

        private interface Reading {
            void run() throws IOException;
        }
    }
}
