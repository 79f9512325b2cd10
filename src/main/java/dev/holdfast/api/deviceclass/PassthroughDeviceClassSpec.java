package dev.holdfast.api.deviceclass;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import java.util.Map;
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
        List<Selector> selectors,

        @JsonPropertyDescription("Labels that a Node has to have, all of them; absent for every node.")
        @Nullable
        @Size(max = 64)
        @ValidationRule(
                value =
                        "self.all(key, key.matches('^([-a-z0-9.]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')"
                                + " && self[key].matches('^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$'))",
                message = "keys and values have to be what a Node's label can be, at most 63 characters each besides"
                        + " a key's prefix; see `kubectl get nodes --show-labels`")
        Map<String, @Size(max = 256) String> nodeSelector,

        @JsonPropertyDescription(
                "Adopt offers what is on vfio-pci already; Bind lets the agent take devices from their native drivers"
                        + " and give them back, which needs the overlay overlays/bind.")
        @Default("Adopt")
        @Nullable
        Binding binding,

        @JsonPropertyDescription(
                "Auto gives the guest every function of the group, None the main one alone. All are bound either way.")
        @Default("Auto")
        @Nullable
        Companions companions) {

    /** On every node, adopted, with companions: what the API server makes of selectors alone. */
    public PassthroughDeviceClassSpec(List<Selector> selectors) {
        this(selectors, null, null, null);
    }

    /** Who puts the devices on vfio-pci. */
    public enum Binding {
        /** The administrator. */
        Adopt,
        /** The agent, as long as the class says so; then the former drivers get them back. */
        Bind
    }

    /** What the guest gets of a group beside its main function. */
    public enum Companions {
        /** All that are on vfio-pci. */
        Auto,
        /** Nothing. */
        None
    }

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
