package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
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
        Hyperv hyperv) {}
