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
 * Devices that belong to a device class, and how they are bound and passed through.
 */
@JsonClassDescription("The devices that belong to the class, and how they are bound and passed through.")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughDeviceClassSpec(
        @JsonPropertyDescription("Selectors of PCI functions. If a function matches any of them, its whole IOMMU"
                + " group belongs to the class.")
        @Required
        @Size(min = 1, max = 32)
        @ValidationRule(
                value = "self.all(one, self.exists_one(other, other == one))",
                message = "two selectors are identical, but each must be unique; remove one")
        List<Selector> selectors,

        @JsonPropertyDescription(
                "Labels that a node must have, all of them. If absent, the class applies to every node.")
        @Nullable
        @Size(max = 64)
        @ValidationRule(
                value =
                        "self.all(key, key.matches('^([-a-z0-9.]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')"
                                + " && self[key].matches('^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$'))",
                message = "keys and values must be valid label keys and values, at most 63 characters each (without a"
                        + " key's prefix); see `kubectl get nodes --show-labels`")
        Map<String, @Size(max = 256) String> nodeSelector,

        @JsonPropertyDescription(
                "Adopt offers devices that are already bound to vfio-pci. Bind lets the agent bind devices to"
                        + " vfio-pci and give them back to their native drivers; it requires the overlay"
                        + " overlays/bind.")
        @Default("Adopt")
        @Nullable
        Binding binding,

        @JsonPropertyDescription(
                "Auto passes every function of the group through to the guest, None only the main function. All"
                        + " functions are bound in both cases.")
        @Default("Auto")
        @Nullable
        Companions companions,

        @JsonPropertyDescription(
                "DevicePlugin offers the devices as an extended resource. DRA offers them in ResourceSlices, for"
                        + " ResourceClaims and for deviceName; it requires Kubernetes 1.34, and 1.36 for deviceName.")
        @Default("DevicePlugin")
        @Nullable
        Allocation allocation) {
    /** Specifies who binds the devices to vfio-pci. */
    public enum Binding {
        /** The administrator. */
        Adopt,
        /**
         * The agent, as long as the class requires it; then the agent gives the devices back to their former drivers.
         */
        Bind
    }

    /** Functions of a group that are passed through besides the main function. */
    public enum Companions {
        /** All functions that are bound to vfio-pci. */
        Auto,
        /** No other function. */
        None
    }

    /** Specifies how the devices are offered to the cluster. */
    public enum Allocation {
        /** By the kubelet's device plugins, as an extended resource. */
        DevicePlugin,
        /** By Dynamic Resource Allocation, in ResourceSlices. */
        DRA
    }

    private static final String FOUR_DIGITS = "self.matches('^[0-9a-f]{4}$')";
    private static final String NOT_FOUR_DIGITS =
            "must be four lower-case hexadecimal digits without 0x; copy them from the output of `lspci -nn`";

    /**
     * Description of a PCI function; every field that is set must match, and at least one must be set. Hexadecimal
     * digits are lower case, without 0x, as {@code lspci -nn} prints them. The maximum lengths are larger than any
     * valid value, so that a usual mistake reaches the rule, whose message is clearer.
     */
    @ValidationRule(
            value = "has(self.vendorID) || has(self.deviceID) || has(self.subsystemVendorID)"
                    + " || has(self.subsystemID) || has(self.classCode) || has(self.address)",
            message = "the selector is empty, but must have at least one field; set one, for example vendorID")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Selector(
            @JsonPropertyDescription(
                    "Vendor ID: four lower-case hexadecimal digits without 0x, as lspci -nn prints them.")
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

            @JsonPropertyDescription("Class code: class and subclass (0300), or class, subclass and programming"
                    + " interface (030000).")
            @Nullable
            @Size(max = 32)
            @ValidationRule(
                    value = "self.matches('^[0-9a-f]{4}([0-9a-f]{2})?$')",
                    message = "must be four or six lower-case hexadecimal digits without 0x; for a VGA controller set"
                            + " 0300 or 030000")
            String classCode,

            @JsonPropertyDescription("PCI address (domain:bus:device.function) of one function.")
            @Nullable
            @Size(max = 32)
            @ValidationRule(
                    value = "self.matches('^[0-9a-f]{4,8}:[0-9a-f]{2}:[01][0-9a-f][.][0-7]$')",
                    message = "must be domain:bus:device.function in lower case, such as 0000:03:00.0; copy it from"
                            + " the output of `lspci -D`")
            String address) {}
}
