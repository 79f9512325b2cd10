package dev.holdfast.reconcile.decode;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/**
 * Makes objects from the schema of a CRD: most fields are valid, with extreme values, and some are as another schema, or no
 * schema, would have accepted them.
 */
final class SchemaFuzz {
    private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

    /** Maximum depth of an open schema; the project's own schemas are at most 12 levels deep. */
    private static final int DEEP = 60;

    private final Random random;
    private final double faultShare;

    /**
     * Makes a reproducible source of objects.
     *
     * @param faultShare share of values that do not conform to the schema
     */
    SchemaFuzz(long seed, double faultShare) {
        this.random = new Random(seed);
        this.faultShare = faultShare;
    }

    /** Returns a value for a field. */
    JsonNode value(JSONSchemaProps schema) {
        if (random.nextDouble() < faultShare) {
            return invalid(schema);
        }
        if (Boolean.TRUE.equals(schema.getXKubernetesIntOrString())) {
            return random.nextBoolean() ? JSON.textNode("4Gi") : JSON.numberNode(4L << random.nextInt(40));
        }
        return switch (Objects.requireNonNull(schema.getType())) {
            case "integer" ->
                JSON.numberNode(
                        random.nextBoolean()
                                ? schema.getMinimum().longValue()
                                : schema.getMaximum().longValue());
            case "boolean" -> JSON.booleanNode(random.nextBoolean());
            case "string" -> text(schema);
            case "array" -> list(schema.getItems().getSchema(), random.nextInt(3));
            case "object" -> object(schema);
            default -> throw new IllegalStateException(schema.getType());
        };
    }

    private JsonNode text(JSONSchemaProps schema) {
        if (!schema.getEnum().isEmpty()) {
            return schema.getEnum().get(random.nextInt(schema.getEnum().size()));
        }
        return JSON.textNode("a".repeat((int) Math.min(schema.getMaxLength(), 1L + random.nextInt(70))));
    }

    private ArrayNode list(JSONSchemaProps items, int size) {
        ArrayNode list = JSON.arrayNode();
        for (int i = 0; i < size; i++) {
            list.add(value(items));
        }
        return list;
    }

    private ObjectNode object(JSONSchemaProps schema) {
        ObjectNode object = JSON.objectNode();
        if (schema.getAdditionalProperties() != null) {
            for (int i = random.nextInt(3); i > 0; i--) {
                object.set("key-" + i, value(schema.getAdditionalProperties().getSchema()));
            }
            return object;
        }
        schema.getProperties().forEach((name, field) -> {
            boolean required = schema.getRequired().contains(name) && random.nextDouble() >= faultShare;
            if (required || random.nextInt(3) == 0) {
                object.set(name, value(field));
            }
        });
        if (random.nextDouble() < faultShare) {
            object.put("ofTomorrow", random.nextInt());
        }
        return object;
    }

    /** Returns an invalid value, mostly of the right type but out of range. */
    private JsonNode invalid(JSONSchemaProps schema) {
        return switch (random.nextInt(12)) {
            case 0, 1 -> JSON.numberNode(3_000_000_000L * (random.nextBoolean() ? 1 : -1));
            case 2 -> JSON.numberNode(new BigInteger("18446744073709551616"));
            case 3 -> JSON.numberNode(new BigDecimal("1e30"));
            case 4 -> JSON.numberNode(0.5);
            case 5 -> JSON.nullNode();
            case 6 -> JSON.textNode("Of Tomorrow");
            case 7 -> JSON.textNode("\u0000\ud83d\ude00".repeat(1 + random.nextInt(500)));
            case 8 -> JSON.arrayNode().addNull().add(1).add("a").add(JSON.objectNode());
            case 9 -> JSON.objectNode().put("a", 1);
            case 10 -> deep();
            default ->
                "array".equals(schema.getType()) ? list(schema.getItems().getSchema(), 40) : JSON.booleanNode(true);
        };
    }

    private JsonNode deep() {
        JsonNode inner = JSON.numberNode(1);
        for (int i = 0; i < DEEP; i++) {
            inner = List.of(JSON.arrayNode().add(inner), (JsonNode)
                            JSON.objectNode().set("a", inner))
                    .get(i % 2);
        }
        return inner;
    }
}
