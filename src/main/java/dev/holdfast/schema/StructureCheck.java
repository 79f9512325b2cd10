package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Validation without CEL, with the order and messages of k8s.io/kube-openapi/pkg/validation/validate. Violations of
 * values that have not changed are not reported again (CRD validation ratcheting).
 */
final class StructureCheck {
    private final Findings findings;

    StructureCheck(Findings findings) {
        this.findings = findings;
    }

    /**
     * Checks a value and all values below it.
     *
     * @param path   path of the value, as in the messages; empty for the root
     * @param before value before the change; null if there is none
     */
    void check(SchemaNode schema, JsonNode value, String path, @Nullable JsonNode before) {
        if (value.equals(before)) {
            return;
        }
        checkType(schema, value, path);
        if (value.isNull()) {
            checkValues(schema, value, path);
            return;
        }
        checkAlternatives(schema, value, path);
        if (value.isTextual()) {
            checkText(schema, value.textValue(), path);
        } else if (value.isNumber()) {
            new NumberCheck(findings).check(schema, value, path);
        } else if (value.isArray()) {
            checkItems(schema, value, path, before);
        }
        checkValues(schema, value, path);
        if (value.isObject()) {
            checkFields(schema, value, path, before);
        }
    }

    private void checkType(SchemaNode schema, JsonNode value, String path) {
        if (schema.type().isEmpty() || (value.isNull() && schema.isNullable())) {
            return;
        }
        String type = type(value);
        boolean fits = schema.accepts(type)
                || (type.equals("number") && schema.accepts("integer") && NumberCheck.isWhole(value.doubleValue()))
                || (type.equals("integer") && schema.accepts("number"));
        if (!fits) {
            findings.invalidType(
                    path, type, "%s in body must be of type %s: \"%s\"".formatted(path, schema.type(), type));
        }
    }

    static String type(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL, MISSING -> "null";
            case BOOLEAN -> "boolean";
            case ARRAY -> "array";
            case NUMBER -> GoText.isFloat(value) ? "number" : "integer";
            case OBJECT, POJO -> "object";
            case STRING, BINARY -> "string";
        };
    }

    /**
     * Checks the alternatives; if all fail, the violations of the first are reported, as the server does for
     * alternatives that fail in the same way.
     */
    private void checkAlternatives(SchemaNode schema, JsonNode value, String path) {
        List<SchemaNode> alternatives = schema.anyOf();
        if (alternatives.isEmpty()) {
            return;
        }
        Findings first = null;
        for (SchemaNode alternative : alternatives) {
            Findings failures = new Findings("");
            new StructureCheck(failures).check(alternative, value, path, null);
            if (failures.list().isEmpty()) {
                return;
            }
            first = first == null ? failures : first;
        }
        findings.invalidWhole("%s must validate at least one schema (anyOf)".formatted(GoText.quoted(path)));
        if (first != null) {
            findings.addAll(first);
        }
    }

    /** Checks a text; only its first violation is reported. */
    private void checkText(SchemaNode schema, String text, String path) {
        int length = text.codePointCount(0, text.length());
        long max = schema.bound("maxLength", Long.MAX_VALUE);
        long min = schema.bound("minLength", 0);
        if (length > max) {
            findings.tooLong(path, max);
        } else if (length < min) {
            findings.invalid(
                    path, GoText.quoted(text), "%s in body should be at least %d chars long".formatted(path, min));
        } else if (!schema.matches(text)) {
            findings.invalid(
                    path, GoText.quoted(text), "%s in body should match '%s'".formatted(path, schema.patternText()));
        }
    }

    private void checkItems(SchemaNode schema, JsonNode list, String path, @Nullable JsonNode before) {
        SchemaNode items = schema.items().orElse(null);
        for (int i = 0; items != null && i < list.size(); i++) {
            check(items, list.get(i), path + "[" + i + "]", ListKeys.sameItem(schema, before, list.get(i)));
        }
        long min = schema.bound("minItems", 0);
        if (list.size() < min) {
            findings.invalid(
                    path, String.valueOf(list.size()), "%s in body should have at least %d items".formatted(path, min));
        }
        long max = schema.bound("maxItems", Long.MAX_VALUE);
        if (list.size() > max) {
            findings.tooMany(path, list.size(), max);
        }
    }

    private void checkValues(SchemaNode schema, JsonNode value, String path) {
        List<JsonNode> values = schema.values();
        if (!values.isEmpty() && values.stream().noneMatch(value::equals)) {
            findings.unsupported(path, value, values);
        }
    }

    private void checkFields(SchemaNode schema, JsonNode object, String path, @Nullable JsonNode before) {
        long min = schema.bound("minProperties", 0);
        if (object.size() < min) {
            findings.invalid(
                    path,
                    String.valueOf(object.size()),
                    "%s in body should have at least %d properties".formatted(path, min));
        }
        long max = schema.bound("maxProperties", Long.MAX_VALUE);
        if (object.size() > max) {
            findings.tooMany(path, object.size(), max);
        }
        object.properties()
                .forEach(entry -> schema.any(entry.getKey())
                        .ifPresent(field -> check(
                                field,
                                entry.getValue(),
                                path.isEmpty() ? entry.getKey() : path + "." + entry.getKey(),
                                before == null ? null : before.get(entry.getKey()))));
        for (String name : schema.required()) {
            if (!object.has(name)) {
                findings.required(path.isEmpty() ? name : path + "." + name, "");
            }
        }
    }
}
