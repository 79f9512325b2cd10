package dev.holdfast.api;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.util.Map;
import java.util.Objects;

/**
 * Marks the objects of a spec that server-side apply replaces as a whole. Otherwise it would remove an object that can
 * be empty together with its last field, so that {@code hyperv: {vendorid: …}} could not become {@code hyperv: {}}.
 */
final class AtomicObjects {
    private AtomicObjects() {}

    static void mark(CustomResourceDefinition crd) {
        JSONSchemaProps schema =
                crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
        JSONSchemaProps spec = properties(schema).get("spec");
        if (spec != null) {
            properties(spec).values().forEach(AtomicObjects::mark);
        }
    }

    private static void mark(JSONSchemaProps schema) {
        if (isMap(schema) || mayBeEmpty(schema) && !hasKeyedList(schema)) {
            schema.setXKubernetesMapType("atomic");
            return;
        }
        properties(schema).values().forEach(AtomicObjects::mark);
        // Any other list is replaced with its items.
        if ("map".equals(schema.getXKubernetesListType())) {
            mark(schema.getItems().getSchema());
        }
    }

    private static boolean isMap(JSONSchemaProps schema) {
        return schema.getAdditionalProperties() != null;
    }

    private static boolean mayBeEmpty(JSONSchemaProps schema) {
        return "object".equals(schema.getType())
                && (schema.getRequired() == null || schema.getRequired().isEmpty());
    }

    private static boolean hasKeyedList(JSONSchemaProps schema) {
        return properties(schema).values().stream()
                .anyMatch(property -> "map".equals(property.getXKubernetesListType()));
    }

    private static Map<String, JSONSchemaProps> properties(JSONSchemaProps schema) {
        return Objects.requireNonNullElse(schema.getProperties(), Map.of());
    }
}
