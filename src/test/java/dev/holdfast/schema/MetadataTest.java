package dev.holdfast.schema;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.Slow;
import dev.holdfast.testbed.fixtures.cases.RuleCase;
import dev.holdfast.testbed.fixtures.cases.RuleCases;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests names, labels and other metadata; the messages are those of Kubernetes 1.36. */
@Slow
class MetadataTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{} | metadata.name: Required value: name or generateName is required",
                "null | metadata.name: Required value: name or generateName is required",
                "{\"name\": 5} | json: cannot unmarshal number into Go struct field ObjectMeta.name of type string",
                "[] | json: cannot unmarshal array into Go value of type v1.ObjectMeta",
                "{\"name\": \"a\", \"labels\": {\"a\": 1}} | json: cannot unmarshal number into Go struct field ObjectMeta.labels of type string",
                "{\"name\": \"a\", \"ownerReferences\": [1]} | json: cannot unmarshal number into Go struct field ObjectMeta.ownerReferences of type v1.OwnerReference",
                "{\"name\": \"a\", \"ownerReferences\": [{\"controller\": 1}]} | json: cannot unmarshal number into Go struct field OwnerReference.ownerReferences.controller of type bool",
                "{\"name\": \"a\", \"generation\": 1.5} | json: cannot unmarshal number 1.5 into Go struct field ObjectMeta.generation of type int64",
                "{\"name\": \"a\", \"creationTimestamp\": \"\"} | parsing time \"\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"\" as \"2006\"",
                "{\"name\": \"a\", \"label\": {}} | unknown field \"metadata.label\"",
                "{\"name\": \"a\", \"labels\": {\"a/b/c\": \"\"}} | metadata.labels: Invalid value: \"a/b/c\": a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",
                "{\"name\": \"a\", \"namespace\": \"a.b\"} | metadata.namespace: Invalid value: \"a.b\": must not contain dots",
            })
    void refuses(String metadata, String text) throws JsonProcessingException {
        assertThat(CrdSchema.passthroughVm().violations(vm(metadata)))
                .extracting(Violation::text)
                .contains(text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"name\": \"a\"}",
                "{\"generateName\": \"a-\"}",
                "{\"generateName\": \"a.b-\", \"name\": null}",
                "{\"name\": \"a\", \"labels\": {\"example.com/A_b\": \"\"}, \"annotations\": {\"Example.com/a\": \"\\n\"}}",
                "{\"name\": \"a\", \"creationTimestamp\": null, \"deletionTimestamp\": \"2026-11-22T12:00:00.5+01:00\"}",
                "{\"name\": \"a\", \"managedFields\": [{\"fieldsV1\": {\"f:a\": {}}}]}",
            })
    void accepts(String metadata) throws JsonProcessingException {
        assertThat(CrdSchema.passthroughVm().violations(vm(metadata))).isEmpty();
    }

    private static ObjectNode vm(String metadata) throws JsonProcessingException {
        JsonNode json = JsonMapper.builder().build().readTree(metadata);
        return (ObjectNode) RuleCases.all().stream()
                .filter(RuleCase::isAccepted)
                .findFirst()
                .orElseThrow()
                .object()
                .deepCopy()
                .set("metadata", json);
    }
}
