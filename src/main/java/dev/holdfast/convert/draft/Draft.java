package dev.holdfast.convert.draft;

import dev.holdfast.api.Names;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * PassthroughVM that an import creates. Fields are set in any order and printed in the order of the schema.
 *
 * <p>Not thread-safe.
 */
public final class Draft {
    private static final List<String> ORDER = List.of(
            "apiVersion",
            "kind",
            "metadata",
            "spec",
            // metadata
            "name",
            "namespace",
            "labels",
            "annotations",
            // spec
            "runStrategy",
            "machine",
            "firmware",
            "cpu",
            "features",
            "clock",
            "memory",
            "devices",
            "resourceClaims",
            "volumes",
            "networks",
            "nodeSelector",
            "affinity",
            "tolerations",
            "priorityClassName",
            "schedulerName",
            "terminationGracePeriodSeconds",
            "imagePullSecrets",
            // spec.devices
            "gpus",
            "hostDevices",
            "iommu",
            "video",
            "rng",
            "watchdog",
            "disks",
            "interfaces");

    private final Map<String, Object> root = new LinkedHashMap<>();

    public Draft() {
        put("apiVersion", Names.GROUP + "/" + Names.VERSION);
        put("kind", "PassthroughVM");
    }

    /** Value with a comment that is printed after it. */
    record Commented(Object value, String comment) {}

    /** Returns a value with a comment of one line. */
    public static Object commented(Object value, String comment) {
        return new Commented(value, comment);
    }

    /** Returns an entry of a list, with fields in the given order: name, value, name, value. */
    public static Map<String, Object> entry(Object... fields) {
        Map<String, Object> entry = new LinkedHashMap<>();
        for (int i = 0; i < fields.length; i += 2) {
            entry.put((String) fields[i], fields[i + 1]);
        }
        return entry;
    }

    /** Sets a field, such as {@code spec.cpu.cores}. */
    public void put(String path, Object value) {
        String[] steps = path.split("\\.", -1);
        parent(steps).put(steps[steps.length - 1], value instanceof Map<?, ?> map ? new LinkedHashMap<>(map) : value);
    }

    /** Adds to a list, such as {@code spec.devices.gpus}. */
    public void add(String path, Object item) {
        list(path).add(item);
    }

    /** Returns the number of items of a list. */
    public int size(String path) {
        return get(path) instanceof List<?> list ? list.size() : 0;
    }

    /** Returns whether a list contains this item. */
    public boolean contains(String path, Object item) {
        return size(path) > 0 && list(path).contains(item);
    }

    /** Returns whether the field, or a field inside it, is set. */
    public boolean has(String path) {
        return get(path) != null;
    }

    private @Nullable Object get(String path) {
        Object found = root;
        for (String step : path.split("\\.", -1)) {
            found = found instanceof Map<?, ?> map ? map.get(step) : null;
        }
        return found;
    }

    @SuppressWarnings("unchecked")
    private List<Object> list(String path) {
        String[] steps = path.split("\\.", -1);
        return (List<Object>) parent(steps).computeIfAbsent(steps[steps.length - 1], step -> new ArrayList<>());
    }

    @SuppressWarnings("unchecked")
    private Map<String, Object> parent(String[] steps) {
        Map<String, Object> parent = root;
        for (int i = 0; i < steps.length - 1; i++) {
            parent = (Map<String, Object>) parent.computeIfAbsent(steps[i], step -> new LinkedHashMap<>());
        }
        return parent;
    }

    /** Returns the document, which ends with a line break. */
    public String yaml() {
        Map<String, Object> ordered = ordered(root);
        ordered.computeIfPresent("metadata", (key, metadata) -> ordered((Map<?, ?>) metadata));
        ordered.computeIfPresent("spec", (key, spec) -> {
            Map<String, Object> fields = ordered((Map<?, ?>) spec);
            fields.computeIfPresent("devices", (name, devices) -> ordered((Map<?, ?>) devices));
            return fields;
        });
        return YamlText.of(ordered);
    }

    private static Map<String, Object> ordered(Map<?, ?> fields) {
        Map<String, Object> ordered = new LinkedHashMap<>();
        for (String field : ORDER) {
            Object value = fields.get(field);
            if (value != null && !(value instanceof Map<?, ?> map && map.isEmpty() && field.equals("metadata"))) {
                ordered.put(field, value);
            }
        }
        if (!ordered.keySet().containsAll(fields.keySet())) {
            throw new IllegalStateException("no order is defined for one of " + fields.keySet());
        }
        return ordered;
    }
}
