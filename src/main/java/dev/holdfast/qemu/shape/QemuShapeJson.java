package dev.holdfast.qemu.shape;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** JSON form of a shape in a container's args. */
public final class QemuShapeJson {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private QemuShapeJson() {}

    /** Returns the shape as one line, with its components in order. */
    public static String write(QemuShape shape) {
        try {
            return JSON.writeValueAsString(shape);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of strings and numbers has JSON", e);
        }
    }

    /**
     * Parses the output of {@link #write}.
     *
     * @throws IllegalArgumentException with a message for users, when it is not JSON, has an unknown field, or lacks one
     */
    public static QemuShape read(String json) {
        try {
            QemuShape shape = JSON.readValue(json, QemuShape.class);
            if (!isWhole(shape)) {
                throw new IllegalArgumentException(message("a field is missing", json));
            }
            return shape;
        } catch (ValueInstantiationException e) {
            throw new IllegalArgumentException(message("a field is missing", json), e);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(message(e.getOriginalMessage(), json), e);
        }
    }

    private static String message(String problem, String json) {
        String start = json.length() > 80 ? json.substring(0, 80) + "…" : json;
        return "invalid shape \"%s\": %s; use the launcher image of the operator's version"
                .formatted(start, problem.lines().findFirst().orElse(""));
    }

    /** Returns whether no field is missing: Jackson leaves absent components null or zero. */
    private static boolean isWhole(@Nullable QemuShape shape) {
        return shape != null
                && Stream.of(shape.namespace(), shape.name(), shape.uuid(), shape.cpuModel(), shape.video())
                        .noneMatch(Objects::isNull)
                && IntStream.of(shape.sockets(), shape.cores(), shape.threads()).allMatch(n -> n > 0)
                && shape.memoryBytes() > 0;
    }
}
