package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What belongs to a device class.
 */
@JsonClassDescription("What belongs to the class.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughDeviceClassSpec(
        @JsonPropertyDescription("A function that matches any of these brings its whole IOMMU group into the class.")
        @Required
        @Size(min = 1, max = 32)
        @ValidationRule(
                value = "self.all(one, self.exists_one(other, other == one))",
                message = "two selectors are the same; remove one")
        List<Selector> selectors) {

    private static final String FOUR_DIGITS = "self.matches('^[0-9a-f]{4}$')";
    private static final String NOT_FOUR_DIGITS =
            "expected are four hexadecimal digits, lower case and without 0x; give them as `lspci -nn` prints them";

    /**
     * One description of a PCI function; every field that is given has to match. At least one must be given.
     * Hexadecimal digits are lower case, without 0x, as {@code lspci -nn} prints them. The sizes leave room for the usual
     * mistakes, which the rules explain better.
     */
    @ValidationRule(
            value = "has(self.vendorID) || has(self.deviceID) || has(self.subsystemVendorID)"
                    + " || has(self.subsystemID) || has(self.classCode) || has(self.address)",
            message =
                    "this selector names no field and would match nothing; give it at least one, vendorID for instance")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Selector(
            @JsonPropertyDescription("Four hexadecimal digits, lower case, without 0x, as lspci -nn prints them.")
            @Nullable
            @Size(max = 32)
            @ValidationRule(value = FOUR_DIGITS, message = NOT_FOUR_DIGITS)
            String vendorID,

            @JsonPropertyDescription("Four hexadecimal digits.")
            @Nullable
            @Size(max = 32)
            @ValidationRule(value = FOUR_DIGITS, message = NOT_FOUR_DIGITS)
            String deviceID,

            @JsonPropertyDescription("Four hexadecimal digits.")
            @Nullable
            @Size(max = 32)
            @ValidationRule(value = FOUR_DIGITS, message = NOT_FOUR_DIGITS)
            String subsystemVendorID,

            @JsonPropertyDescription("Four hexadecimal digits.")
            @Nullable
            @Size(max = 32)
            @ValidationRule(value = FOUR_DIGITS, message = NOT_FOUR_DIGITS)
            String subsystemID,

            @JsonPropertyDescription("Class and subclass (0300), or these with the programming interface (030000).")
            @Nullable
            @Size(max = 32)
            @ValidationRule(
                    value = "self.matches('^[0-9a-f]{4}([0-9a-f]{2})?$')",
                    message =
                            "expected are four or six hexadecimal digits, lower case and without 0x; give 0300 or 030000"
                                    + " for a VGA display")
            String classCode,

            @JsonPropertyDescription("domain:bus:device.function, to name one slot.")
            @Nullable
            @Size(max = 32)
            @ValidationRule(
                    value = "self.matches('^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f][.][0-7]$')",
                    message = "expected is domain:bus:device.function such as 0000:03:00.0, in lower case; give it as"
                            + " `lspci -D` prints it")
            String address) {}
}
