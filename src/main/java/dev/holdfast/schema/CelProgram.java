package dev.holdfast.schema;

import dev.cel.common.CelAbstractSyntaxTree;
import dev.cel.common.CelValidationException;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import java.util.Map;

/**
 * A compiled CEL expression. Thread-safe.
 *
 * @param usesOldSelf true if the expression refers to the object before a change
 */
record CelProgram(CelRuntime.Program program, boolean usesOldSelf) {
    static final String SELF = "self";
    static final String OLD_SELF = "oldSelf";

    /**
     * Compiles a CEL expression.
     *
     * @throws IllegalArgumentException if it is not valid CEL, or uses functions that {@link CelEnvironment} lacks;
     *                 {@code ShippedSchemasTest} compiles all shipped rules
     */
    static CelProgram of(String expression) {
        CelEnvironment environment = CelEnvironment.shared();
        try {
            CelAbstractSyntaxTree tree =
                    environment.compiler().compile(expression).getAst();
            boolean usesOldSelf = tree.getReferenceMap().values().stream()
                    .anyMatch(reference -> reference.name().equals(OLD_SELF));
            return new CelProgram(environment.runtime().createProgram(tree), usesOldSelf);
        } catch (CelValidationException | CelEvaluationException e) {
            throw new IllegalArgumentException(
                    "cannot compile the rule %s: %s".formatted(expression, e.getMessage()), e);
        }
    }

    Object evaluate(Map<String, Object> variables) throws CelEvaluationException {
        return program.eval(variables);
    }
}
