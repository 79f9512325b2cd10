package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What belongs to a device class.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughDeviceClassSpec(
        @JsonPropertyDescription("A function that matches any of these brings its whole IOMMU group into the class.")
        @Required
        @Size(min = 1, max = 32)
        List<Selector> selectors) {

    /**
     * One description of a PCI function; every field that is given has to match. At least one must be given.
     * Hexadecimal digits are lower case, without 0x, as {@code lspci -nn} prints them.
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Selector(
            @JsonPropertyDescription("Four hexadecimal digits, lower case, without 0x, as lspci -nn prints them.")
            @Nullable
            @Pattern("^[0-9a-f]{4}$")
            String vendorID,

            @JsonPropertyDescription("Four hexadecimal digits.") @Nullable @Pattern("^[0-9a-f]{4}$")
            String deviceID,

            @JsonPropertyDescription("Four hexadecimal digits.") @Nullable @Pattern("^[0-9a-f]{4}$")
            String subsystemVendorID,

            @JsonPropertyDescription("Four hexadecimal digits.") @Nullable @Pattern("^[0-9a-f]{4}$")
            String subsystemID,

            @JsonPropertyDescription("Class and subclass (0300), or these with the programming interface (030000).")
            @Nullable
            @Pattern("^[0-9a-f]{4}([0-9a-f]{2})?$")
            String classCode,

            @JsonPropertyDescription("domain:bus:device.function, to name one slot.")
            @Nullable
            @Pattern("^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f]\\.[0-7]$")
            String address) {}
}
