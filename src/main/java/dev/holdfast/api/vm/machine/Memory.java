package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

@ValidationRule(
        // Values that are not a quantity or not a whole number are reported by the rules below.
        value = "!has(self.hugepages) || !isQuantity(string(self.guest))"
                + " || quantity(string(self.guest)).isGreaterThan(quantity('64Ti'))"
                + " || int(quantity(string(self.guest)).asApproximateFloat() + 0.5)"
                + " % (self.hugepages.pageSize == '2Mi' ? 2097152 : 1073741824) == 0",
        message = "guest memory must be a multiple of hugepages.pageSize, because huge pages cannot be split; set a"
                + " multiple, or choose smaller pages")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Memory(
        @JsonPropertyDescription("RAM of the guest: a whole number of bytes, 1Mi to 64Ti.")
        @Required
        @ValidationRule(
                value = "isQuantity(string(self))",
                message = "must be a quantity of bytes; set a size such as 4Gi")
        @ValidationRule(
                value = "!isQuantity(string(self)) || quantity(string(self)).compareTo(quantity('1Mi')) >= 0"
                        + " && quantity(string(self)).compareTo(quantity('64Ti')) <= 0",
                message = "guest memory must be 1Mi to 64Ti; set a size in that range, such as 4Gi")
        @ValidationRule(
                // The value must not change when rounded to whole bytes; values out of range are refused above.
                value = "!isQuantity(string(self)) || quantity(string(self)).isLessThan(quantity('1Mi'))"
                        + " || quantity(string(self)).isGreaterThan(quantity('64Ti'))"
                        + " || quantity(string(self)).sub(int(quantity(string(self)).asApproximateFloat() + 0.5))"
                        + ".compareTo(quantity('0')) == 0",
                message = "must be a whole number of bytes; round it, for example to 4Gi")
        Quantity guest,

        @JsonPropertyDescription("Huge pages that back the guest's RAM. If absent, the RAM is backed by normal pages.")
        @Nullable
        Hugepages hugepages,

        @JsonPropertyDescription("Settings that determine RLIMIT_MEMLOCK of QEMU.") @Nullable
        Memlock memlock,

        @JsonPropertyDescription(
                "Additional memory for the pod, 1Mi to 1Ti, for a VM that uses more than the documented terms account"
                        + " for.")
        @Nullable
        @ValidationRule(
                value = "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('1Mi')) >= 0"
                        + " && quantity(string(self)).compareTo(quantity('1Ti')) <= 0",
                message = "memory.overhead must be a quantity of 1Mi to 1Ti; set a size such as 512Mi")
        Quantity overhead) {}
