package dev.holdfast.agent.slice;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Device of a ResourceSlice, as in its JSON.
 *
 * @param name       unique in the pool; a DNS label
 * @param attributes by qualified name; a name without domain is in the domain of the driver
 * @param capacity   by qualified name
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record SliceDevice(String name, Map<String, Attribute> attributes, Map<String, Capacity> capacity) {
    public SliceDevice {
        attributes = Collections.unmodifiableMap(new TreeMap<>(attributes));
        capacity = Collections.unmodifiableMap(new TreeMap<>(capacity));
    }

    /** Value of an attribute, in the field of its type; the others are null. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Attribute(
            @JsonProperty("string") @Nullable String text,
            @JsonProperty("int") @Nullable Long number,
            @JsonProperty("bool") @Nullable Boolean flag) {
        static Attribute of(String text) {
            return new Attribute(text, null, null);
        }

        static Attribute of(long number) {
            return new Attribute(null, number, null);
        }

        static Attribute of(boolean flag) {
            return new Attribute(null, null, flag);
        }
    }

    /** @param value quantity in the form in which the API server returns it */
    public record Capacity(String value) {}
}
