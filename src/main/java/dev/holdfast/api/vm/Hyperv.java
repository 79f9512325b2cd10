package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Hyper-V's interfaces. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Hyperv(
        @JsonPropertyDescription("Whom the hypervisor gives as its maker; Hyper-V's own when absent.")
        @Nullable
        @Size(max = 12)
        @ValidationRule(
                value = "self.matches('^[A-Za-z0-9_.-]+$')",
                message = "a vendor ID is 1 to 12 letters, digits and _.-; give one such as holdfast")
        String vendorid) {}
