package dev.holdfast.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.holdfast.Slow;
import dev.holdfast.api.deviceclass.PassthroughDeviceClass;
import dev.holdfast.api.node.PassthroughNode;
import dev.holdfast.api.vm.PassthroughVM;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests that the Java type of each field can hold every value that the API server accepts. */
@Slow
class SchemaBoundsTest {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    @ParameterizedTest
    @ValueSource(classes = {PassthroughVM.class, PassthroughDeviceClass.class, PassthroughNode.class})
    void everyFieldHasBoundsThatItsTypeHolds(Class<?> kind) {
        List<String> faults = new ArrayList<>();
        JSONSchemaProps schema = schema(kind);
        Map<String, JavaType> parts = properties(JSON.constructType(kind));
        for (String part : List.of("spec", "status")) {
            if (schema.getProperties().containsKey(part)) {
                walk(part, schema.getProperties().get(part), parts.get(part), faults);
            }
        }

        assertThat(faults).as("bound it by an annotation, or in SchemaBounds").isEmpty();
    }

    /** Tests the largest spec that a user can store, without annotations: the operator's caches hold it for each VM. */
    @Test
    void theLargestSpecOfAVmIsSmall() {
        JSONSchemaProps spec = Objects.requireNonNull(
                schema(PassthroughVM.class).getProperties().get("spec"));
        Map<String, Long> parts = new LinkedHashMap<>();
        spec.getProperties().forEach((name, part) -> parts.put(name, characters(part)));
        // Each volume is of one kind, and only one has data for cloud-init, from one source each.
        JSONSchemaProps volume = Objects.requireNonNull(spec.getProperties().get("volumes"))
                .getItems()
                .getSchema();
        long cloudInit = 65536 + 16384;
        long disk = volume.getProperties().entrySet().stream()
                .filter(kind -> !kind.getKey().equals("cloudInitNoCloud"))
                .mapToLong(kind -> characters(kind.getValue()))
                .max()
                .orElseThrow();
        parts.put("volumes", cloudInit + 16 * (disk + 100));

        // An entry of resourceClaims names a claim or a template, and a device has a deviceName or a claimName.
        JSONSchemaProps devices = Objects.requireNonNull(spec.getProperties().get("devices"));
        parts.merge("resourceClaims", -entries(spec, "resourceClaims", "resourceClaimName"), Long::sum);
        parts.merge("devices", -entries(devices, "gpus", "deviceName"), Long::sum);
        parts.merge("devices", -entries(devices, "hostDevices", "deviceName"), Long::sum);

        long characters = parts.values().stream().mapToLong(Long::longValue).sum();
        System.out.printf("largest spec of a VM: %d KiB of characters, by part %s%n", characters >> 10, parts);
        assertThat(characters).isLessThan(410 << 10);
    }

    /** Returns the number of characters of a field in all items of a list. */
    private static long entries(JSONSchemaProps object, String list, String field) {
        JSONSchemaProps schema = Objects.requireNonNull(object.getProperties().get(list));
        JSONSchemaProps value = Objects.requireNonNull(
                schema.getItems().getSchema().getProperties().get(field));
        return schema.getMaxItems() * (field.length() + 4 + characters(value));
    }

    private static void walk(String path, JSONSchemaProps schema, @Nullable JavaType type, List<String> faults) {
        if (type == null) {
            faults.add(path + " is not a field of the Java type");
        } else if (Boolean.TRUE.equals(schema.getXKubernetesIntOrString())) {
            check(
                    path,
                    type.hasRawClass(Quantity.class) && schema.getMaxLength() != null && isWithin(schema, Long.class),
                    schema,
                    type,
                    faults);
        } else {
            switch (Objects.requireNonNull(schema.getType(), path)) {
                case "integer" -> check(path, isWithin(schema, type.getRawClass()), schema, type, faults);
                case "boolean" ->
                    check(
                            path,
                            List.of(boolean.class, Boolean.class).contains(type.getRawClass()),
                            schema,
                            type,
                            faults);
                case "string" -> check(path, isText(schema, type), schema, type, faults);
                case "array" -> {
                    check(path, type.isCollectionLikeType() && schema.getMaxItems() != null, schema, type, faults);
                    walk(path + "[]", schema.getItems().getSchema(), type.getContentType(), faults);
                }
                case "object" -> object(path, schema, type, faults);
                default -> faults.add(path + " is a " + schema.getType());
            }
        }
    }

    private static void object(String path, JSONSchemaProps schema, JavaType type, List<String> faults) {
        if (schema.getAdditionalProperties() != null) {
            boolean keys = schema.getXKubernetesValidations().stream()
                    .anyMatch(rule -> rule.getRule().startsWith("self.all(key, "));
            check(path, type.isMapLikeType() && schema.getMaxProperties() != null && keys, schema, type, faults);
            walk(path + "{}", schema.getAdditionalProperties().getSchema(), type.getContentType(), faults);
            return;
        }
        check(path, !Boolean.TRUE.equals(schema.getXKubernetesPreserveUnknownFields()), schema, type, faults);
        if (schema.getProperties() != null) {
            Map<String, JavaType> properties = properties(type);
            schema.getProperties()
                    .forEach((name, inner) -> walk(path + "." + name, inner, properties.get(name), faults));
        }
    }

    private static void check(String path, boolean holds, JSONSchemaProps schema, JavaType type, List<String> faults) {
        if (!holds) {
            faults.add("%s, a %s, is not bounded as %s".formatted(path, schema.getType(), type.toCanonical()));
        }
    }

    private static boolean isText(JSONSchemaProps schema, JavaType type) {
        if (type.isEnumType()) {
            return schema.getEnum().stream()
                    .allMatch(value -> names(type.getRawClass()).contains(value.asText()));
        }
        return type.hasRawClass(String.class)
                && (schema.getMaxLength() != null || !schema.getEnum().isEmpty());
    }

    private static List<String> names(Class<?> type) {
        return Arrays.stream(type.getFields())
                .filter(field -> field.isEnumConstant())
                .map(field -> field.isAnnotationPresent(JsonProperty.class)
                        ? field.getAnnotation(JsonProperty.class).value()
                        : field.getName())
                .toList();
    }

    /** Returns whether the bounds of a number fit its Java type; the API server holds bounds as doubles. */
    private static boolean isWithin(JSONSchemaProps schema, Class<?> type) {
        if (schema.getMinimum() == null || schema.getMaximum() == null) {
            return false;
        }
        boolean integer = type == int.class || type == Integer.class;
        boolean number = integer || type == long.class || type == Long.class;
        double least = integer ? Integer.MIN_VALUE : Long.MIN_VALUE;
        double most = integer ? Integer.MAX_VALUE : Math.nextDown((double) Long.MAX_VALUE);
        return number && schema.getMinimum() >= least && schema.getMaximum() <= most;
    }

    private static Map<String, JavaType> properties(JavaType type) {
        Map<String, JavaType> properties = new LinkedHashMap<>();
        for (BeanPropertyDefinition property :
                JSON.getDeserializationConfig().introspect(type).findProperties()) {
            properties.put(property.getName(), property.getPrimaryType());
        }
        return properties;
    }

    /** Returns the number of characters of the largest value as JSON. */
    private static long characters(JSONSchemaProps schema) {
        if (schema.getItems() != null) {
            return Objects.requireNonNull(schema.getMaxItems())
                    * (characters(schema.getItems().getSchema()) + 1);
        }
        if (schema.getAdditionalProperties() != null) {
            return Objects.requireNonNull(schema.getMaxProperties())
                    * (characters(schema.getAdditionalProperties().getSchema()) + 317 + 4);
        }
        if ("object".equals(schema.getType())) {
            return schema.getProperties().entrySet().stream()
                            .mapToLong(field -> field.getKey().length() + 4 + characters(field.getValue()))
                            .sum()
                    + 2;
        }
        if (schema.getMaxLength() != null) {
            return schema.getMaxLength() + 2;
        }
        return 32;
    }

    private static JSONSchemaProps schema(Class<?> kind) {
        return CrdFiles.generate().values().stream()
                .map(yaml -> Serialization.unmarshal(yaml, CustomResourceDefinition.class))
                .filter(crd -> crd.getSpec().getNames().getKind().equals(kind.getSimpleName()))
                .findFirst()
                .orElseThrow()
                .getSpec()
                .getVersions()
                .getFirst()
                .getSchema()
                .getOpenAPIV3Schema();
    }
}
