package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** KVM's signature in the guest's CPUID. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Kvm(
        @JsonPropertyDescription("Hides KVM's signature from the guest. Default: false.") @Nullable
        Boolean hidden) {}
