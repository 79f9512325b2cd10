package dev.holdfast.agent.slice;

import com.fasterxml.jackson.core.JsonParser;
import dev.holdfast.agent.apiserver.JsonFields;
import dev.holdfast.agent.slice.PublishedSlice.Pool;
import java.io.IOException;
import java.util.Objects;

/** Reads the pool of a ResourceSlice. */
final class PoolReader {
    private static final int MAX_LENGTH = 253;

    private PoolReader() {}

    static Pool read(JsonParser json) throws IOException {
        String[] name = {""};
        long[] numbers = {0, 0};
        JsonFields.read(json, (field, value) -> {
            switch (field) {
                case "name" -> name[0] = Objects.requireNonNullElse(JsonFields.text(value, MAX_LENGTH), "");
                case "generation" -> numbers[0] = number(value);
                case "resourceSliceCount" -> numbers[1] = number(value);
                default -> {}
            }
        });
        return new Pool(name[0], numbers[0], numbers[1]);
    }

    private static long number(JsonParser json) throws IOException {
        return Objects.requireNonNullElse(JsonFields.number(json), 0L);
    }
}
