package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The violations found so far, worded as {@code field.Error} does (k8s.io/apimachinery/pkg/util/validation/field,
 * errors.go) and each listed once. Not thread-safe.
 */
final class Findings {
    private static final String UNCHECKED =
            "Invalid value: null: some validation rules were not checked because the object was invalid; correct the"
                    + " existing errors to complete validation";

    private final String root;
    private final Map<String, Violation> found = new LinkedHashMap<>();
    private boolean blocking;

    /**
     * @param root path of what is checked; empty for the whole object
     */
    Findings(String root) {
        this.root = root;
    }

    void required(String path, String detail) {
        blocking = true;
        add(path, detail.isEmpty() ? "Required value" : "Required value: " + detail);
    }

    void invalidType(String path, String found, String message) {
        blocking = true;
        invalid(path, GoText.quoted(found), message);
    }

    void unsupported(String path, JsonNode value, List<JsonNode> supported) {
        blocking = true;
        String values = supported.stream()
                .map(one -> GoText.quoted(one.isTextual() ? one.textValue() : GoText.json(one)))
                .collect(Collectors.joining(", "));
        add(path, "Unsupported value: " + GoText.value(value) + ": supported values: " + values);
    }

    void tooLong(String path, long max) {
        blocking = true;
        add(path, "Too long: may not be more than %d %s".formatted(max, max == 1 ? "byte" : "bytes"));
    }

    void tooMany(String path, int actual, long max) {
        blocking = true;
        add(path, "Too many: %d: must have at most %d %s".formatted(actual, max, max == 1 ? "item" : "items"));
    }

    /**
     * @param value null when the server leaves it out
     */
    void duplicate(String path, @Nullable JsonNode value) {
        add(path, value == null ? "Duplicate value" : "Duplicate value: " + GoText.value(value));
    }

    void forbidden(String path, String detail) {
        add(path, "Forbidden: " + detail);
    }

    /**
     * @param value as printed; null when the server leaves it out
     */
    void invalid(String path, @Nullable String value, String detail) {
        add(path, (value == null ? "Invalid value" : "Invalid value: " + value) + ": " + detail);
    }

    /** Takes an error that names no field: the server files it under the object as a whole. */
    void invalidWhole(String message) {
        Violation violation = Violation.at(root, "Invalid value: \"\": " + message);
        found.putIfAbsent(violation.text(), violation);
    }

    /** Returns true when the rules cannot be evaluated, and says so in the list, as hasBlockingErr of the server does. */
    boolean blockRules() {
        if (blocking) {
            Violation violation = Violation.at("", UNCHECKED);
            found.putIfAbsent(violation.text(), violation);
        }
        return blocking;
    }

    List<Violation> list() {
        return new ArrayList<>(found.values());
    }

    private void add(String path, String detail) {
        String full = root.isEmpty() ? path : path.isEmpty() ? root : root + "." + path;
        Violation violation = Violation.at(full, detail);
        found.putIfAbsent(violation.text(), violation);
    }

    /** Takes over what was found elsewhere. */
    void addAll(Findings others) {
        others.found.forEach(found::putIfAbsent);
        blocking |= others.blocking;
    }
}
