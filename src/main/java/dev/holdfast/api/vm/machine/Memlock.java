package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

/** How RLIMIT_MEMLOCK is found. */
@JsonInclude(JsonInclude.Include.NON_NULL)
@ValidationRule(
        value = "has(self.limit) == (has(self.policy) && self.policy == 'Fixed')",
        message = "memlock.limit belongs to policy Fixed: give it there, and leave it out with any other policy")
public record Memlock(
        @JsonPropertyDescription(
                "Exact (the default): what the kernel will charge, and 1 MiB for each address space. Libvirt: what libvirt would set. "
                        + "Fixed: limit. Unlimited: none. The operator's --memlock-policies says which are allowed.")
        @Nullable
        MemlockPolicy policy,

        @JsonPropertyDescription("With policy Fixed, and only there: the limit; at least what Exact requires.")
        @Nullable
        @ValidationRule(
                value = "isQuantity(string(self)) && quantity(string(self)).isGreaterThan(quantity('0'))"
                        + " && !quantity(string(self)).isGreaterThan(quantity('1Ei'))",
                message = "this is no quantity of bytes above zero and up to 1Ei; give a limit such as 70Gi")
        Quantity limit) {}
