package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.List;
import java.util.Map;

/** CRD whose spec is written in a test, for keywords that the shipped CRDs do not use. */
final class AdHocSchema {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    private final CrdSchema crd;

    /**
     * @param field schema of {@code spec.field}, in YAML
     */
    AdHocSchema(String field) {
        ObjectNode tree = JSON.createObjectNode();
        ObjectNode root = tree.put("namespaced", true).putObject("schema").put("type", "object");
        ObjectNode spec = root.putObject("properties").putObject("spec").put("type", "object");
        spec.putObject("properties").set("field", yaml(field));
        crd = new CrdSchema(tree, yaml("{x-kubernetes-preserve-unknown-fields: true}"));
    }

    /** Returns the violations of an object with this field, given in YAML. */
    List<String> texts(String field) {
        return crd.violations(object(field)).stream().map(Violation::text).toList();
    }

    /** Returns the violations of an object that the server has decoded. */
    List<String> textsOfStored(String field) {
        return crd.violationsOfStored(object(field)).stream()
                .map(Violation::text)
                .toList();
    }

    /** Returns the object with its defaults. */
    JsonNode stored(String field) {
        return crd.withDefaults(object(field)).at("/spec/field");
    }

    private static ObjectNode object(String field) {
        ObjectNode object = JSON.createObjectNode();
        object.putObject("metadata").put("name", "one");
        object.putObject("spec").set("field", yaml(field));
        return object;
    }

    private static JsonNode yaml(String text) {
        return JSON.valueToTree(Serialization.unmarshal("value: " + text, Map.class))
                .get("value");
    }
}
