package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** The vendor that the hypervisor reports. */
public record VendorId(
        @JsonPropertyDescription("Its name: 1 to 12 letters, digits and _.-")
        @Required
        @Size(max = 12)
        @ValidationRule(
                value = "self.matches('^[A-Za-z0-9_.-]+$')",
                message = "a vendor ID must be 1 to 12 letters, digits and _.-; give one such as holdfast")
        String vendorid) {}
