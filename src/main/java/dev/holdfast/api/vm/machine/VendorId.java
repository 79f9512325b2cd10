package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** Vendor that the hypervisor reports. */
public record VendorId(
        @JsonPropertyDescription("Vendor name: 1 to 12 letters, digits, '_', '.' or '-'.")
        @Required
        @Size(max = 12)
        @ValidationRule(
                value = "self.matches('^[A-Za-z0-9_.-]+$')",
                message = "must be 1 to 12 letters, digits, '_', '.' or '-'; set a vendor ID such as holdfast")
        String vendorid) {}
