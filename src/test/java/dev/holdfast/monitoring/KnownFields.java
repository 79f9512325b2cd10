package dev.holdfast.monitoring;

import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.introspect.BeanPropertyDefinition;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Finds fields that a type of fabric8 does not have; its decoding keeps them without an error. */
final class KnownFields {
    private static final ObjectMapper MAPPER = Serialization.jsonMapper();

    private KnownFields() {}

    /** Returns the paths of unknown fields. */
    static List<String> unknown(JsonNode object, Class<?> type) {
        List<String> unknown = new ArrayList<>();
        visit("", object, MAPPER.constructType(type), unknown);
        return unknown;
    }

    private static void visit(String path, JsonNode value, JavaType type, List<String> unknown) {
        if (type.isCollectionLikeType()) {
            for (int i = 0; i < value.size(); i++) {
                visit(path + "[" + i + "]", value.get(i), type.getContentType(), unknown);
            }
        } else if (value.isObject() && !type.isMapLikeType()) {
            Map<String, BeanPropertyDefinition> fields =
                    MAPPER.getDeserializationConfig().introspect(type).findProperties().stream()
                            .collect(Collectors.toMap(
                                    BeanPropertyDefinition::getName, Function.identity(), (one, two) -> one));
            value.properties().forEach(entry -> {
                BeanPropertyDefinition field = fields.get(entry.getKey());
                String below = path + "." + entry.getKey();
                if (field == null || field.getPrimaryType() == null) {
                    unknown.add(below);
                } else {
                    visit(below, entry.getValue(), field.getPrimaryType(), unknown);
                }
            });
        }
    }
}
