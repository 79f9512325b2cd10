package dev.holdfast.api;

import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Generates docs/api.md from the CRDs: every field with its type, bounds and meaning. */
public final class ApiReference {
    /** Description of fields of the Pod API, whose own fields are not listed here. */
    private static final String POD_FIELD = "As in a Pod.";

    private ApiReference() {}

    public static void main(String[] args) throws IOException {
        Files.writeString(Path.of(args[0]), generate());
    }

    static String generate() {
        var page = new StringBuilder("""
                # API reference

                Group `holdfast.dev`, version `v1alpha1`. Generated from the CRDs by `make crds`; `kubectl explain` shows the same descriptions.
                A field marked * is required. `[]` stands for each item of a list.
                """);
        CrdFiles.generate().values().stream()
                .map(yaml -> Serialization.unmarshal(yaml, CustomResourceDefinition.class))
                .forEach(crd -> describe(crd, page));
        return page.toString();
    }

    private static void describe(CustomResourceDefinition crd, StringBuilder page) {
        var names = crd.getSpec().getNames();
        page.append("\n## %s\n\n%s, short name `%s`.\n"
                .formatted(
                        names.getKind(),
                        crd.getSpec().getScope(),
                        names.getShortNames().getFirst()));
        var schema = crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
        for (String part : List.of("spec", "status")) {
            List<String> rows = new ArrayList<>();
            collect(schema.getProperties().get(part), part, rows);
            if (!rows.isEmpty()) {
                page.append("\n| field | type | bounds | meaning |\n|---|---|---|---|\n");
                rows.forEach(row -> page.append(row).append('\n'));
            }
        }
        page.append("\n### Validation rules\n\nThe API server refuses values out of bounds, and objects that violate"
                        + " a rule, with its message:\n\n")
                .append("| field | message |\n|---|---|\n");
        CrdRule.of(crd).stream()
                .map(rule -> "| %s | %s |\n".formatted(where(rule), rule.message()))
                .distinct()
                .forEach(page::append);
    }

    private static String where(CrdRule rule) {
        return rule.path().isEmpty() ? "`metadata.name`" : "`" + rule.path() + "`";
    }

    private static void collect(@Nullable JSONSchemaProps object, String path, List<String> rows) {
        if (object == null || object.getProperties() == null) {
            return;
        }
        new TreeMap<>(object.getProperties()).forEach((name, field) -> {
            boolean list = "array".equals(field.getType());
            JSONSchemaProps inner = list ? field.getItems().getSchema() : field;
            String here = path + "." + name + (list ? "[]" : "");
            String star = object.getRequired().contains(name) ? "*" : "";
            rows.add("| `%s`%s | %s | %s | %s |".formatted(here, star, type(inner), bounds(field), meaning(field)));
            if (!POD_FIELD.equals(field.getDescription())) {
                collect(inner, here, rows);
            }
        });
    }

    private static String type(JSONSchemaProps field) {
        return Boolean.TRUE.equals(field.getXKubernetesIntOrString()) ? "quantity" : field.getType();
    }

    private static String bounds(JSONSchemaProps field) {
        List<String> bounds = new ArrayList<>();
        if (!field.getEnum().isEmpty()) {
            bounds.add(field.getEnum().stream()
                    .map(value -> "`" + value.asText() + "`")
                    .collect(Collectors.joining(", ")));
        }
        if (field.getDefault() != null) {
            bounds.add("default `" + field.getDefault().asText() + "`");
        }
        if (field.getMinimum() != null) {
            bounds.add("%.0f to %.0f".formatted(field.getMinimum(), field.getMaximum()));
        }
        if (field.getMaxItems() != null) {
            bounds.add("at most " + field.getMaxItems());
        }
        if (field.getMaxLength() != null) {
            bounds.add("at most " + field.getMaxLength() + " characters");
        }
        if (field.getPattern() != null) {
            bounds.add("`" + field.getPattern().replace("|", "\\|") + "`");
        }
        return String.join("; ", bounds);
    }

    private static String meaning(JSONSchemaProps field) {
        return field.getDescription() == null ? "" : field.getDescription();
    }
}
