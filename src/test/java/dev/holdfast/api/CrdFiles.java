package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.crd.generator.annotation.AdditionalPrinterColumn;
import io.fabric8.crdv2.generator.CRDGenerator;
import io.fabric8.crdv2.generator.CRDPostProcessor;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.ParameterizedType;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Generates the CRDs from the records of the api package: the files in {@code crds/}, their schemas in the jar ({@link
 * SchemaFiles}) and the templates of the chart ({@link ChartCrds}).
 */
public final class CrdFiles {
    private static final List<Class<? extends HasMetadata>> KINDS =
            List.of(PassthroughVM.class, PassthroughDeviceClass.class, PassthroughNode.class);

    /** Required fields of a condition (Kubernetes API conventions). */
    private static final List<String> CONDITION_FIELDS =
            List.of("lastTransitionTime", "message", "reason", "status", "type");

    /**
     * Keys of lists, by kind and path: server-side apply merges such lists item by item. No annotation can express
     * this.
     */
    private static final Map<String, Map<String, String>> LIST_KEYS = Map.of(
            "PassthroughVM",
                    Map.of(
                            "spec.devices.gpus", "name",
                            "spec.devices.hostDevices", "name",
                            "spec.devices.disks", "name",
                            "spec.devices.interfaces", "name",
                            "spec.resourceClaims", "name",
                            "spec.volumes", "name",
                            "spec.networks", "name",
                            "status.conditions", "type",
                            "status.devices", "name",
                            "status.memlock.terms", "name"),
            "PassthroughNode",
                    Map.of(
                            "status.conditions", "type",
                            "status.devices", "pciAddress",
                            "status.grants", "podUID"));

    /** Bounds in the generated YAML: the generator writes doubles, the API server returns integers. */
    private static final Pattern BOUND = Pattern.compile("(?m)(?<=^ {1,200}(?:maximum|minimum): )-?[\\d.E]+$");

    private CrdFiles() {}

    public static void main(String[] args) throws IOException {
        Path directory = Path.of(args[0]);
        Files.createDirectories(directory);
        for (var file : generate().entrySet()) {
            Files.writeString(directory.resolve(file.getKey()), file.getValue());
        }
        for (var file : ChartCrds.generate().entrySet()) {
            Files.writeString(ChartCrds.DIRECTORY.resolve(file.getKey()), file.getValue());
        }
        for (var file : SchemaFiles.generate().entrySet()) {
            Files.writeString(SchemaFiles.DIRECTORY.resolve(file.getKey()), file.getValue());
        }
    }

    /** Returns the contents of the files by name. */
    static Map<String, String> generate() {
        try {
            Path scratch = Files.createTempDirectory("crds");
            new CRDGenerator()
                    .withPostProcessor(new CRDPostProcessor() {
                        @Override
                        public HasMetadata process(HasMetadata crd, String version) {
                            var definition = (CustomResourceDefinition) crd;
                            describe(definition);
                            keyLists(definition);
                            AtomicObjects.mark(definition);
                            beginStatus(definition);
                            SchemaBounds.put(definition
                                    .getSpec()
                                    .getVersions()
                                    .getFirst()
                                    .getSchema()
                                    .getOpenAPIV3Schema());
                            distinctRules(definition
                                    .getSpec()
                                    .getVersions()
                                    .getFirst()
                                    .getSchema()
                                    .getOpenAPIV3Schema());
                            orderColumns(definition);
                            leaveOutWhatTheServerDrops(definition);
                            return definition;
                        }
                    })
                    .customResourceClasses(KINDS)
                    .forCRDVersions("v1")
                    .withMinQuotes(true)
                    .inOutputDir(scratch.toFile())
                    .detailedGenerate();
            return collect(scratch);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Map<String, String> collect(Path scratch) throws IOException {
        Map<String, String> files = new TreeMap<>();
        try (var made = Files.list(scratch)) {
            for (Path file : made.toList()) {
                String yaml = BOUND.matcher(Files.readString(file))
                        .replaceAll(bound -> new BigDecimal(bound.group())
                                .toBigIntegerExact()
                                .toString());
                String name = Serialization.unmarshal(yaml, CustomResourceDefinition.class)
                        .getMetadata()
                        .getName();
                files.put(name + ".yaml", yaml);
                Files.delete(file);
            }
        }
        Files.delete(scratch);
        return files;
    }

    /**
     * Sets the descriptions of object, spec and status from the annotations of their classes. Removes spec or status if
     * the kind has none; a spec is required.
     */
    private static void describe(CustomResourceDefinition crd) {
        Class<? extends HasMetadata> kind = kind(crd);
        var schema = crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
        schema.setDescription(description(kind));
        var parts = ((ParameterizedType) kind.getGenericSuperclass()).getActualTypeArguments();
        for (String part : List.of("spec", "status")) {
            var type = (Class<?>) parts[part.equals("spec") ? 0 : 1];
            if (type == Void.class) {
                schema.getProperties().remove(part);
            } else {
                property(schema, part).setDescription(description(type));
            }
        }
        if (parts[0] != Void.class) {
            schema.setRequired(List.of("spec"));
        }
    }

    private static String description(Class<?> type) {
        return Objects.requireNonNull(type.getAnnotation(JsonClassDescription.class), type.getName())
                .value();
    }

    private static Class<? extends HasMetadata> kind(CustomResourceDefinition crd) {
        return KINDS.stream()
                .filter(kind ->
                        kind.getSimpleName().equals(crd.getSpec().getNames().getKind()))
                .findFirst()
                .orElseThrow();
    }

    private static void keyLists(CustomResourceDefinition crd) {
        var schema = crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
        LIST_KEYS.getOrDefault(crd.getSpec().getNames().getKind(), Map.of()).forEach((path, key) -> {
            JSONSchemaProps list = property(schema, path);
            list.setXKubernetesListType("map");
            list.setXKubernetesListMapKeys(List.of(key));
            // The API server requires every key to be required or to have a default; the client's Condition class lacks
            // that.
            var item = list.getItems().getSchema();
            if (!item.getRequired().contains(key)) {
                item.setRequired(CONDITION_FIELDS);
            }
        });
    }

    /**
     * Sets the default of observedGeneration to -1, so that tools that wait for a VM do not treat it as ready before
     * the operator has seen it: kstatus compares this number.
     */
    private static void beginStatus(CustomResourceDefinition crd) {
        var schema = crd.getSpec().getVersions().getFirst().getSchema().getOpenAPIV3Schema();
        JSONSchemaProps status = schema.getProperties().get("status");
        if (status != null && status.getProperties().containsKey("observedGeneration")) {
            status.setDefault(Serialization.jsonMapper().createObjectNode().put("observedGeneration", -1));
        }
    }

    /**
     * Removes duplicate rules: the annotation of a record component is on its field and on its accessor, and the
     * generator reads both.
     */
    private static void distinctRules(JSONSchemaProps schema) {
        var rules = schema.getXKubernetesValidations();
        if (rules != null) {
            schema.setXKubernetesValidations(rules.stream().distinct().toList());
        }
        if (schema.getProperties() != null) {
            schema.getProperties().values().forEach(CrdFiles::distinctRules);
        }
        if (schema.getItems() != null) {
            distinctRules(schema.getItems().getSchema());
        }
    }

    /** Restores the declared order of the columns: the generator sorts them by name, so that Age would be first. */
    private static void orderColumns(CustomResourceDefinition crd) {
        List<String> declared = Arrays.stream(kind(crd).getAnnotationsByType(AdditionalPrinterColumn.class))
                .map(AdditionalPrinterColumn::name)
                .toList();
        crd.getSpec()
                .getVersions()
                .getFirst()
                .getAdditionalPrinterColumns()
                .sort(Comparator.comparingInt(column -> declared.indexOf(column.getName())));
    }

    /**
     * Removes values that the server drops: a difference between stored and applied object is a conflict when a user
     * changes to kubectl apply --server-side.
     */
    private static void leaveOutWhatTheServerDrops(CustomResourceDefinition crd) {
        crd.getSpec().getVersions().getFirst().getAdditionalPrinterColumns().stream()
                .filter(column -> column.getPriority() != null && column.getPriority() == 0)
                .forEach(column -> column.setPriority(null));
    }

    private static JSONSchemaProps property(JSONSchemaProps schema, String path) {
        JSONSchemaProps found = schema;
        for (String field : path.split("\\.", -1)) {
            found = Objects.requireNonNull(found.getProperties().get(field), path);
        }
        return found;
    }
}
