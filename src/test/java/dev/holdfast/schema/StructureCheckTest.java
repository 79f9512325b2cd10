package dev.holdfast.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests each keyword with the messages of kube-openapi and apiextensions. */
class StructureCheckTest {
    private static final String REST = "<nil>: Invalid value: null: some validation rules were not checked because the"
            + " object was invalid; correct the existing errors to complete validation";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{type: integer, minimum: 2} | 1 | spec.field: Invalid value: 1: spec.field in body should be greater than or equal to 2",
                "{type: integer, maximum: 2} | 3 | spec.field: Invalid value: 3: spec.field in body should be less than or equal to 2",
                "{type: number, maximum: 2} | 2.5 | spec.field: Invalid value: 2.5: spec.field in body should be less than or equal to 2",
                "{type: integer, format: int32} | 3000000000 | <nil>: Invalid value: \"\": Checked value must be of type integer with format int32 in spec.field",
                "{type: string, minLength: 2} | a | spec.field: Invalid value: \"a\": spec.field in body should be at least 2 chars long",
                "{type: string, pattern: ^a+$} | ab | spec.field: Invalid value: \"ab\": spec.field in body should match '^a+$'",
                "{type: array, minItems: 2, items: {type: integer}} | [1] | spec.field: Invalid value: 1: spec.field in body should have at least 2 items",
                "{type: object, minProperties: 1, additionalProperties: {type: string}} | {} | spec.field: Invalid value: 0: spec.field in body should have at least 1 properties",
                "{type: array, x-kubernetes-list-type: set, items: {type: string}} | [a, b, a, a] | spec.field[2]: Duplicate value: \"a\"",
                "{type: array, x-kubernetes-list-type: map, x-kubernetes-list-map-keys: [a, b], items: {type: object, properties: {a: {type: string}, b: {type: string}}}} | [{b: x, a: y}, {a: y, b: x}] | spec.field[1]: Duplicate value: {\"a\":\"y\",\"b\":\"x\"}",
            })
    void refusesAndStillChecksTheRules(String schema, String value, String text) {
        assertThat(new AdHocSchema(schema).texts(value)).containsExactly(text);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{type: integer} | a | spec.field: Invalid value: \"string\": spec.field in body must be of type integer: \"string\"",
                "{type: boolean} | 1 | spec.field: Invalid value: \"integer\": spec.field in body must be of type boolean: \"integer\"",
                "{type: string} | [] | spec.field: Invalid value: \"array\": spec.field in body must be of type string: \"array\"",
                "{type: array, items: {type: string}} | {} | spec.field: Invalid value: \"object\": spec.field in body must be of type array: \"object\"",
                "{type: array, items: {type: string}} | [null] | spec.field[0]: Invalid value: \"null\": spec.field[0] in body must be of type string: \"null\"",
                "{type: object, additionalProperties: {type: string}} | {a: 1} | spec.field.a: Invalid value: \"integer\": spec.field.a in body must be of type string: \"integer\"",
                "{type: object, required: [a], properties: {a: {type: string}}} | {} | spec.field.a: Required value",
                "{type: string, enum: [a, b]} | c | spec.field: Unsupported value: \"c\": supported values: \"a\", \"b\"",
                "{type: integer, enum: [1, 2]} | 3 | spec.field: Unsupported value: 3: supported values: \"1\", \"2\"",
                "{type: string, maxLength: 1} | ab | spec.field: Too long: may not be more than 1 byte",
                "{type: array, maxItems: 1, items: {type: integer}} | [1, 2] | spec.field: Too many: 2: must have at most 1 item",
                "{type: object, maxProperties: 2, additionalProperties: {type: string}} | {a: a, b: b, c: c} | spec.field: Too many: 3: must have at most 2 items",
            })
    void refusesAndReportsThatTheRulesWereNotChecked(String schema, String value, String text) {
        assertThat(new AdHocSchema(schema).texts(value)).containsExactly(text, REST);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "{type: integer} | 2.0",
                "{type: integer, format: int64} | 9223372036854775807",
                "{type: number} | 2",
                "{type: string, nullable: true} | null",
                "{type: string} | null",
                "{type: string, maxLength: 2} | äö",
                "{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]} | 5",
                "{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]} | a",
                "{type: array, x-kubernetes-list-type: set, items: {type: string}} | [a, b]",
                "{type: object, x-kubernetes-preserve-unknown-fields: true} | {any: thing}",
            })
    void accepts(String schema, String value) {
        assertThat(new AdHocSchema(schema).texts(value)).isEmpty();
    }

    @Test
    void reportsOnlyTheFirstOfFailedAlternatives() {
        assertThat(new AdHocSchema("{x-kubernetes-int-or-string: true, anyOf: [{type: integer}, {type: string}]}")
                        .texts("true"))
                .containsExactly(
                        "spec.field: Invalid value: \"boolean\": spec.field in body must be of type integer,string:"
                                + " \"boolean\"",
                        "<nil>: Invalid value: \"\": \"spec.field\" must validate at least one schema (anyOf)",
                        "spec.field: Invalid value: \"boolean\": spec.field in body must be of type integer:"
                                + " \"boolean\"",
                        REST);
    }

    @Test
    void reportsUnknownFieldsOnly() {
        assertThat(new AdHocSchema("{type: object, required: [a], properties: {a: {type: string}}}")
                        .texts("{b: 1, c: 2}"))
                .containsExactly("unknown field \"spec.field.b\"", "unknown field \"spec.field.c\"");
    }

    @Test
    void ignoresUnknownFieldsOfStoredObjects() {
        AdHocSchema schema = new AdHocSchema("{type: object, required: [a], properties: {a: {type: string}}}");

        assertThat(schema.textsOfStored("{a: x, b: 1}")).isEmpty();
        assertThat(schema.textsOfStored("{b: 1}")).containsExactly("spec.field.a: Required value", REST);
    }

    @Test
    void fillsInDefaultsAndDropsNulls() {
        AdHocSchema schema =
                new AdHocSchema("{type: object, properties: {a: {type: string, default: x}, b: {type: object,"
                        + " properties: {c: {type: integer, default: 1}}}, d: {type: string}}}");

        assertThat(schema.stored("{}")).hasToString("{\"a\":\"x\"}");
        assertThat(schema.stored("{a: null, b: {}, d: null}")).hasToString("{\"a\":\"x\",\"b\":{\"c\":1}}");
    }
}
