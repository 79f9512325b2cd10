package dev.holdfast.qemu.shape;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The shape as the JSON in a container's args. */
public final class QemuShapeJson {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private QemuShapeJson() {}

    /** One line, the components in their order. */
    public static String write(QemuShape shape) {
        try {
            return JSON.writeValueAsString(shape);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a record of strings and numbers has JSON", e);
        }
    }

    /**
     * What {@link #write} wrote.
     *
     * @throws IllegalArgumentException with one sentence, when it is no JSON, has a field of another version, or lacks one
     */
    public static QemuShape read(String json) {
        try {
            QemuShape shape = JSON.readValue(json, QemuShape.class);
            if (!isWhole(shape)) {
                throw new IllegalArgumentException(sentence("it lacks a field", json));
            }
            return shape;
        } catch (ValueInstantiationException e) {
            throw new IllegalArgumentException(sentence("it lacks a field", json), e);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(sentence(e.getOriginalMessage(), json), e);
        }
    }

    private static String sentence(String problem, String json) {
        String start = json.length() > 80 ? json.substring(0, 80) + "…" : json;
        return "the shape \"%s\" is not one of this version: %s; use the launcher image that belongs to the operator"
                .formatted(start, problem.lines().findFirst().orElse(""));
    }

    /** Jackson leaves absent components null or zero. */
    private static boolean isWhole(@Nullable QemuShape shape) {
        return shape != null
                && Stream.of(shape.namespace(), shape.name(), shape.uuid(), shape.cpuModel(), shape.video())
                        .noneMatch(Objects::isNull)
                && IntStream.of(shape.sockets(), shape.cores(), shape.threads()).allMatch(n -> n > 0)
                && shape.memoryBytes() > 0;
    }
}
