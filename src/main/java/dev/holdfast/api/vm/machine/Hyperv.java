package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** Hyper-V's interfaces. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Hyperv(
        @JsonPropertyDescription("The vendor that the hypervisor reports; Hyper-V's own unless given.") @Nullable
        VendorId vendorid) {}
