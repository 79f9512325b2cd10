package dev.holdfast.api;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Mark on an object in memory that could not be decoded completely: the invalid part is absent, the rest is present.
 * The mark is an annotation, because every kind has annotations; it is never written to the API server, and a value
 * that a user stores under its name is dropped when the object is decoded.
 */
public final class Undecodable {
    private static final String ANNOTATION = Names.GROUP + "/undecodable";
    private static final String SEPARATOR = "\t";

    private Undecodable() {}

    /** Returns whether a part of the object is absent because it could not be decoded. */
    public static boolean is(HasMetadata object) {
        return mark(object) != null;
    }

    /** Returns the parts that are absent; empty for an object that was decoded completely. */
    public static List<DecodeFault> faults(HasMetadata object) {
        return Optional.ofNullable(mark(object)).stream()
                .flatMap(String::lines)
                .map(line -> line.split(SEPARATOR, 2))
                .map(parts -> new DecodeFault(parts[0], parts.length > 1 ? parts[1] : ""))
                .toList();
    }

    /** Joins the faults of the object to one line. */
    public static String text(HasMetadata object) {
        return faults(object).stream().map(DecodeFault::text).collect(Collectors.joining("; "));
    }

    /** Marks the object with these faults, or removes the mark if there are none. */
    public static void mark(HasMetadata object, List<DecodeFault> faults) {
        if (object.getMetadata() == null || faults.isEmpty() && !is(object)) {
            return;
        }
        ObjectMeta metadata = object.getMetadata();
        Map<String, String> annotations =
                new HashMap<>(metadata.getAnnotations() == null ? Map.of() : metadata.getAnnotations());
        annotations.remove(ANNOTATION);
        if (!faults.isEmpty()) {
            annotations.put(
                    ANNOTATION,
                    faults.stream()
                            .map(fault -> fault.path() + SEPARATOR + fault.message())
                            .collect(Collectors.joining("\n")));
        }
        metadata.setAnnotations(annotations);
    }

    private static @Nullable String mark(HasMetadata object) {
        return object.getMetadata() == null || object.getMetadata().getAnnotations() == null
                ? null
                : object.getMetadata().getAnnotations().get(ANNOTATION);
    }
}
