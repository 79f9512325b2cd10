package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

/** Settings that determine RLIMIT_MEMLOCK. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "has(self.limit) == (has(self.policy) && self.policy == 'Fixed')",
        message = "memlock.limit must be set with policy Fixed, and must not be set with any other policy; set or"
                + " remove it")
public record Memlock(
        @JsonPropertyDescription(
                "Exact (the default): what the kernel will charge, plus 1 MiB for each address space. Libvirt: the"
                        + " limit that libvirt would set. Fixed: the value of limit. Unlimited: no limit. The"
                        + " operator's option --memlock-policies lists the allowed policies.")
        @Nullable
        MemlockPolicy policy,

        @JsonPropertyDescription("The limit for policy Fixed, at least the bytes that Exact requires. It must not be"
                + " set with any other policy.")
        @Nullable
        @ValidationRule(
                value = "isQuantity(string(self)) && quantity(string(self)).isGreaterThan(quantity('0'))"
                        + " && !quantity(string(self)).isGreaterThan(quantity('1Ei'))",
                message = "must be a quantity of bytes above 0 and at most 1Ei; set a limit such as 70Gi")
        Quantity limit) {}
