package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/**
 * A rule of {@code x-kubernetes-validations}; what is absent is empty. Thread-safe.
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

    /** Returns the message, or what the server makes of the expression when there is none. */
    String message() {
        return message.isEmpty() ? "failed rule: " + expression.strip() : message;
    }

    /** Names the rule in the server's complaints about its evaluation. */
    String name() {
        return message.isEmpty() ? expression.strip() : message;
    }

    String reason() {
        return reason;
    }

    /** Returns the field that the rule is about, relative to its own; empty for its own. */
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

    /** Returns the compiled expression of the message; null when there is none. */
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
