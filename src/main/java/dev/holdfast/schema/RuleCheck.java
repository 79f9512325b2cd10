package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import dev.cel.runtime.CelEvaluationException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Check of the CEL rules, with the order and messages of
 * k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go. A rule that refers to the previous object is
 * skipped if there is none; violations of unchanged values are ignored.
 */
final class RuleCheck {
    private final Findings findings;

    RuleCheck(Findings findings) {
        this.findings = findings;
    }

    /**
     * Checks a value and all values below it.
     *
     * @param path   path of the value; empty for the whole object
     * @param before value before the change; null if there is none
     * @param same   true if the enclosing value has not changed
     */
    void check(SchemaNode schema, JsonNode value, String path, @Nullable JsonNode before, boolean same) {
        if (value.isNull()) {
            return;
        }
        boolean unchanged = before == null ? same : before.equals(value);
        if (!schema.rules().isEmpty()) {
            evaluate(schema, value, path, before, unchanged);
        }
        if (value.isArray()) {
            SchemaNode items = schema.items().orElse(null);
            for (int i = 0; items != null && i < value.size(); i++) {
                JsonNode item = value.get(i);
                check(items, item, Paths.index(path, i), ListKeys.sameItem(schema, before, item), unchanged);
            }
        } else if (value.isObject()) {
            value.properties()
                    .forEach(entry -> Paths.field(schema, path, entry.getKey())
                            .ifPresent(field -> check(
                                    field.schema(),
                                    entry.getValue(),
                                    field.path(),
                                    before == null ? null : before.get(entry.getKey()),
                                    unchanged)));
        }
    }

    private void evaluate(
            SchemaNode schema, JsonNode value, String path, @Nullable JsonNode before, boolean unchanged) {
        Map<String, Object> variables = new HashMap<>();
        variables.put(CelProgram.SELF, CelValues.of(schema, value));
        Optional<Object> old = Optional.ofNullable(before).map(one -> CelValues.of(schema, one));
        for (Rule rule : schema.rules()) {
            boolean compares = rule.program().usesOldSelf();
            if (compares && old.isEmpty() && !rule.optionalOldSelf()) {
                continue;
            }
            if (rule.optionalOldSelf()) {
                variables.put(CelProgram.OLD_SELF, old);
            } else {
                old.ifPresent(one -> variables.put(CelProgram.OLD_SELF, one));
            }
            if (compares || !unchanged) {
                evaluate(rule, schema, value, path, variables);
            }
        }
    }

    private void evaluate(Rule rule, SchemaNode schema, JsonNode value, String path, Map<String, Object> variables) {
        try {
            if (!Boolean.TRUE.equals(rule.program().evaluate(variables))) {
                refuse(rule, schema, value, path, variables);
            }
        } catch (CelEvaluationException e) {
            findings.invalid(
                    path,
                    GoText.quoted(schema.declaredType()),
                    "%s evaluating rule: %s".formatted(CelFaults.message(e), rule.name()));
        }
    }

    private void refuse(Rule rule, SchemaNode schema, JsonNode value, String path, Map<String, Object> variables) {
        String at = rule.fieldPath().isEmpty() ? path : Paths.child(path, rule.fieldPath());
        String detail = message(rule, variables);
        boolean isCompound =
                schema.declaredType().equals("object") || schema.declaredType().equals("array");
        switch (rule.reason()) {
            case "FieldValueForbidden" -> findings.forbidden(at, detail);
            case "FieldValueRequired" -> findings.required(at, detail);
            case "FieldValueDuplicate" -> findings.duplicate(at, isCompound ? null : value);
            default -> findings.invalid(at, isCompound ? null : GoText.value(value), detail);
        }
    }

    /** Returns the rule's message; a message expression that fails is replaced by the fixed message. */
    private static String message(Rule rule, Map<String, Object> variables) {
        CelProgram expression = rule.messageProgram();
        if (expression == null) {
            return rule.message();
        }
        try {
            String text = String.valueOf(expression.evaluate(variables)).strip();
            return text.isEmpty() || text.contains("\n") ? rule.message() : text;
        } catch (CelEvaluationException e) {
            return rule.message();
        }
    }
}
