package dev.holdfast.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests the properties of a rule besides its expression, and rules that cannot be evaluated. */
class RuleCheckTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{rule: self.a == 1, message: ' one '} | spec.field: Invalid value: one",
                "{rule: self.a == 1} | spec.field: Invalid value: failed rule: self.a == 1",
                "{rule: self.a == 1, messageExpression: \"'a is ' + string(self.a)\"} | spec.field: Invalid value: a is 2",
                "{rule: self.a == 1, message: one, messageExpression: \"'a is ' + string(self.b)\"} | spec.field: Invalid value: one",
                "{rule: self.a == 1, message: one, reason: FieldValueForbidden} | spec.field: Forbidden: one",
                "{rule: self.a == 1, message: one, reason: FieldValueRequired} | spec.field: Required value: one",
                "{rule: self.a == 1, message: one, reason: FieldValueDuplicate} | spec.field: Duplicate value",
                "{rule: self.a == 1, message: one, fieldPath: .a} | spec.field.a: Invalid value: one",
                "{rule: self.b == 1, message: one} | spec.field: Invalid value: \"object\": no such key: b evaluating rule: one",
                "{rule: self.a / 0 == 1, message: one} | spec.field: Invalid value: \"object\": division by zero evaluating rule: one",
                "{rule: self.a * 9223372036854775807 == 1, message: one} | spec.field: Invalid value: \"object\": integer overflow evaluating rule: one",
            })
    void refusesWithTheMessageOfTheServer(String rule, String text) {
        AdHocSchema schema = new AdHocSchema("{type: object, properties: {a: {type: integer}, b: {type: integer}},"
                + " x-kubernetes-validations: [" + rule + "]}");

        assertThat(schema.texts("{a: 2}")).containsExactly(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{type: string | a | \"a\"",
                "{type: integer | 5 | 5",
                "{type: number | 1.5 | 1.5",
                "{type: boolean | true | true",
                "{x-kubernetes-int-or-string: true | 5 | 5",
            })
    void showsTheValueOfAScalar(String schema, String value, String shown) {
        String rule = ", x-kubernetes-validations: [{rule: 'false', message: never}]}";

        assertThat(new AdHocSchema(schema + rule).texts(value))
                .containsExactly("spec.field: Invalid value: " + shown + ": never");
    }

    @Test
    void skipsRulesWithOldSelfForANewObject() {
        assertThat(new AdHocSchema("{type: integer, x-kubernetes-validations: [{rule: self > oldSelf, message: grow}]}")
                        .texts("1"))
                .isEmpty();
        assertThat(new AdHocSchema(
                                "{type: integer, x-kubernetes-validations: [{rule: '!oldSelf.hasValue() && self > 1',"
                                        + " optionalOldSelf: true, message: start}]}")
                        .texts("1"))
                .containsExactly("spec.field: Invalid value: 1: start");
    }

    @Test
    void printsTheKeyOfAMapInBrackets() {
        assertThat(new AdHocSchema(
                                "{type: object, additionalProperties: {type: string, x-kubernetes-validations: [{rule:"
                                        + " self == 'x', message: x}]}}")
                        .texts("{a: y}"))
                .containsExactly("spec.field[a]: Invalid value: \"y\": x");
    }
}
