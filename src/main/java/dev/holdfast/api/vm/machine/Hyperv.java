package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** Hyper-V enlightenments: interfaces of Hyper-V that the guest sees. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Hyperv(
        @JsonPropertyDescription("Vendor that the hypervisor reports. If absent, Hyper-V's own.") @Nullable
        VendorId vendorid) {}
