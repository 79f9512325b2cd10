package dev.holdfast.memlock.libvirt;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Properties in the value of a QEMU option: {@code type,name=value,...}, where a comma in a value is written twice, or
 * JSON.
 *
 * @param type   property that can be first without its name, such as {@code driver}; empty if absent
 * @param values all properties; if a name occurs twice, the last value, as in QEMU
 */
public record Properties(String type, Map<String, String> values) {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    public Properties {
        values = Map.copyOf(values);
    }

    /**
     * Reads a value.
     *
     * @param typeName name of the property that can be first without its name
     * @return empty if the value is invalid JSON
     */
    static Optional<Properties> of(String value, String typeName) {
        Map<String, String> values = new LinkedHashMap<>();
        if (value.startsWith("{")) {
            try {
                flatten("", JSON.readTree(value), values);
            } catch (JsonProcessingException e) {
                return Optional.empty();
            }
        } else {
            commas(value, typeName, values);
        }
        return Optional.of(new Properties(values.getOrDefault(typeName, ""), values));
    }

    private static void commas(String value, String typeName, Map<String, String> values) {
        StringBuilder part = new StringBuilder();
        String name = typeName;
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            boolean twice = c == ',' && i + 1 < value.length() && value.charAt(i + 1) == ',';
            if (c == ',' && !twice) {
                add(part.toString(), name, values);
                part.setLength(0);
                name = "";
            } else {
                part.append(c);
                i += twice ? 1 : 0;
            }
        }
        add(part.toString(), name, values);
    }

    /** @param typeName empty unless the part is the first */
    private static void add(String part, String typeName, Map<String, String> values) {
        int equals = part.indexOf('=');
        if (equals >= 0) {
            values.put(part.substring(0, equals), part.substring(equals + 1));
        } else if (!typeName.isEmpty()) {
            values.put(typeName, part);
        } else if (!part.isEmpty()) {
            // A name without a value means on.
            values.put(part, "on");
        }
    }

    private static void flatten(String path, JsonNode node, Map<String, String> values) {
        node.properties().forEach(property -> {
            String name = path.isEmpty() ? property.getKey() : path + "." + property.getKey();
            if (property.getValue().isObject()) {
                flatten(name, property.getValue(), values);
            } else {
                values.put(name, property.getValue().asText());
            }
        });
    }

    /** Returns the value of a property; empty if there is none. */
    public String value(String name) {
        return values.getOrDefault(name, "");
    }

    /** Returns whether a property has a value. */
    public boolean has(String name) {
        return !value(name).isEmpty();
    }

    boolean isOn(String name) {
        return switch (value(name)) {
            case "on", "yes", "true", "y" -> true;
            default -> false;
        };
    }
}
