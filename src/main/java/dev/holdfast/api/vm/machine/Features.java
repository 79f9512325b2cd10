package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** Features of the hypervisor that the CPUs show to the guest. They apply under KVM only, not to emulated CPUs. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Features(
        @JsonPropertyDescription("KVM's signature in the guest's CPUID.") @Nullable
        Kvm kvm,

        @JsonPropertyDescription(
                "Hyper-V enlightenments, without which Windows is slow: relaxed, vapic, spinlocks, vpindex, runtime,"
                        + " time, synic, stimer, frequencies, reset.")
        @Nullable
        Hyperv hyperv) {}
