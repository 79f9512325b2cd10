package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** What the processors tell the guest of who runs them; under KVM alone, an emulated machine has none of it. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Features(
        @JsonPropertyDescription("KVM's own signature.") @Nullable
        Kvm kvm,

        @JsonPropertyDescription(
                "Hyper-V's interfaces, without which Windows is slow: relaxed, vapic, spinlocks, vpindex, runtime, time, synic,"
                        + " stimer, frequencies, reset.")
        @Nullable
        Hyperv hyperv) {

    /** KVM's own signature. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Kvm(
            @JsonPropertyDescription("The guest does not learn that KVM runs it.") @Nullable @Default("false")
            Boolean hidden) {}

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
}
