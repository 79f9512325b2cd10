package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * Rule of {@code x-kubernetes-validations}; absent texts are empty. Thread-safe.
 */
final class Rule {
    private final String expression;
    private final String message;
    private final String messageExpression;
    private final String reason;
    private final String fieldPath;
    private final boolean optionalOldSelf;
    private volatile @Nullable CelProgram program;
    private volatile @Nullable CelProgram messageProgram;

    private Rule(JsonNode json) {
        expression = json.path("rule").asText();
        message = json.path("message").asText().strip();
        messageExpression = json.path("messageExpression").asText();
        reason = json.path("reason").asText();
        fieldPath = json.path("fieldPath").asText();
        optionalOldSelf = json.path("optionalOldSelf").asBoolean();
    }

    static Rule of(JsonNode json) {
        return new Rule(json);
    }

    String expression() {
        return expression;
    }

    /** Returns the message; if there is none, the server's message for the expression. */
    String message() {
        return message.isEmpty() ? "failed rule: " + expression.strip() : message;
    }

    /** Returns the name of the rule in the server's messages about failed evaluations. */
    String name() {
        return message.isEmpty() ? expression.strip() : message;
    }

    String reason() {
        return reason;
    }

    /**
     * Returns the field to which the rule applies, relative to the rule's own field; empty for the rule's own field.
     */
    String fieldPath() {
        return fieldPath.startsWith(".") ? fieldPath.substring(1) : fieldPath;
    }

    boolean optionalOldSelf() {
        return optionalOldSelf;
    }

    /** Returns the compiled expression. */
    CelProgram program() {
        CelProgram compiled = program;
        if (compiled == null) {
            compiled = CelProgram.of(expression);
            program = compiled;
        }
        return compiled;
    }

    /** Returns the compiled expression of the message; null if there is none. */
    @Nullable
    CelProgram messageProgram() {
        CelProgram compiled = messageProgram;
        if (compiled == null && !messageExpression.isEmpty()) {
            compiled = CelProgram.of(messageExpression);
            messageProgram = compiled;
        }
        return compiled;
    }
}
