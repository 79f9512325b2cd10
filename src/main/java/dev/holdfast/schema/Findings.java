package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Violations found so far, with the messages of {@code field.Error} (k8s.io/apimachinery/pkg/util/validation/field,
 * errors.go), each listed once. Not thread-safe.
 */
final class Findings {
    private static final String UNCHECKED =
            "Invalid value: null: some validation rules were not checked because the object was invalid; correct the"
                    + " existing errors to complete validation";

    private final String root;
    private final Map<String, Violation> found = new LinkedHashMap<>();
    private boolean blocking;

    /**
     * @param root path of the checked value; empty for the whole object
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
     * @param value null if the server omits it
     */
    void duplicate(String path, @Nullable JsonNode value) {
        add(path, value == null ? "Duplicate value" : "Duplicate value: " + GoText.value(value));
    }

    void forbidden(String path, String detail) {
        add(path, "Forbidden: " + detail);
    }

    /**
     * @param value as printed; null if the server omits it
     */
    void invalid(String path, @Nullable String value, String detail) {
        add(path, (value == null ? "Invalid value" : "Invalid value: " + value) + ": " + detail);
    }

    /** Adds an error without a field: the server reports it for the object as a whole. */
    void invalidWhole(String message) {
        Violation violation = Violation.at(root, "Invalid value: \"\": " + message);
        found.putIfAbsent(violation.text(), violation);
    }

    /**
     * Returns whether the rules cannot be evaluated, and then adds a violation for it, as the server's hasBlockingErr.
     */
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

    /** Adds the violations of another object. */
    void addAll(Findings others) {
        others.found.forEach(found::putIfAbsent);
        blocking |= others.blocking;
    }
}
