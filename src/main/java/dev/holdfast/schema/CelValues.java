package dev.holdfast.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Conversion of JSON to CEL values, with the types of the schema. */
final class CelValues {
    private CelValues() {}

    static Object of(SchemaNode schema, JsonNode value) {
        if (value.isObject()) {
            Map<String, Object> map = LinkedHashMap.newLinkedHashMap(value.size());
            value.properties()
                    .forEach(entry -> schema.any(entry.getKey())
                            .filter(field -> !entry.getValue().isNull())
                            .ifPresent(field -> map.put(entry.getKey(), of(field, entry.getValue()))));
            return map;
        }
        if (value.isArray()) {
            List<Object> list = new ArrayList<>(value.size());
            schema.items().ifPresent(items -> value.forEach(item -> list.add(of(items, item))));
            return list;
        }
        return scalar(schema, value);
    }

    private static Object scalar(SchemaNode schema, JsonNode value) {
        if (value.isTextual()) {
            return value.textValue();
        }
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        boolean isFraction = schema.declaredType().equals("number")
                || (GoText.isFloat(value) && !(value.canConvertToExactIntegral() && value.canConvertToLong()));
        return isFraction ? (Object) value.doubleValue() : (Object) value.longValue();
    }
}
