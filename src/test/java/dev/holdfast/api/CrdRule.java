package dev.holdfast.api;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rule of a CRD.
 *
 * @param path    path of the field that it applies to, [] for each item of a list; empty for the whole object
 * @param message message of the API server when it refuses the object
 */
record CrdRule(String kind, String path, String rule, String message) {

    /** Returns the rules of all kinds, outermost first. */
    static List<CrdRule> all() {
        List<CrdRule> rules = new ArrayList<>();
        CrdFiles.generate().values().stream()
                .map(yaml -> Serialization.unmarshal(yaml, CustomResourceDefinition.class))
                .forEach(crd -> rules.addAll(of(crd)));
        return rules;
    }

    static List<CrdRule> of(CustomResourceDefinition crd) {
        List<CrdRule> rules = new ArrayList<>();
        collect(
                crd.getSpec().getNames().getKind(),
                "",
                crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema(),
                rules);
        return rules;
    }

    private static void collect(String kind, String path, @Nullable JSONSchemaProps schema, List<CrdRule> rules) {
        if (schema == null) {
            return;
        }
        schema.getXKubernetesValidations()
                .forEach(rule -> rules.add(new CrdRule(kind, path, rule.getRule(), rule.getMessage())));
        if (schema.getItems() != null) {
            collect(kind, path + "[]", schema.getItems().getSchema(), rules);
        }
        if (schema.getProperties() != null) {
            schema.getProperties()
                    .forEach((name, property) ->
                            collect(kind, path.isEmpty() ? name : path + "." + name, property, rules));
        }
    }

    @Override
    public String toString() {
        return "%s %s: %s".formatted(kind, path, message);
    }
}
