package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Quantity;
import org.jspecify.annotations.Nullable;

@ValidationRule(
        // Of what is no quantity, or no whole number, it is said below.
        value = "!has(self.hugepages) || !isQuantity(string(self.guest))"
                + " || quantity(string(self.guest)).isGreaterThan(quantity('64Ti'))"
                + " || int(quantity(string(self.guest)).asApproximateFloat() + 0.5)"
                + " % (self.hugepages.pageSize == '2Mi' ? 2097152 : 1073741824) == 0",
        message = "guest memory is no multiple of hugepages.pageSize, but huge pages are never taken in part; give a"
                + " multiple, or smaller pages")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Memory(
        @JsonPropertyDescription("What the guest sees as its RAM: whole bytes, 1Mi to 64Ti.")
        @Required
        @ValidationRule(value = "isQuantity(string(self))", message = "this is no quantity; give bytes such as 4Gi")
        @ValidationRule(
                value = "!isQuantity(string(self)) || quantity(string(self)).compareTo(quantity('1Mi')) >= 0"
                        + " && quantity(string(self)).compareTo(quantity('64Ti')) <= 0",
                message = "guest memory can be 1Mi to 64Ti; give a size in that range, such as 4Gi")
        @ValidationRule(
                // Rounded to whole bytes it has to be the same; out of range it is refused above.
                value = "!isQuantity(string(self)) || quantity(string(self)).isLessThan(quantity('1Mi'))"
                        + " || quantity(string(self)).isGreaterThan(quantity('64Ti'))"
                        + " || quantity(string(self)).sub(int(quantity(string(self)).asApproximateFloat() + 0.5))"
                        + ".compareTo(quantity('0')) == 0",
                message = "this is not a whole number of bytes; round it, to 4Gi for instance")
        Quantity guest,

        @JsonPropertyDescription("Huge pages behind the guest's RAM; the host's own pages when absent.") @Nullable
        Hugepages hugepages,

        @JsonPropertyDescription("How RLIMIT_MEMLOCK of QEMU is found.") @Nullable
        Memlock memlock,

        @JsonPropertyDescription(
                "Added to the pod's memory, 1Mi to 1Ti: for what takes more than the published terms account for.")
        @Nullable
        @ValidationRule(
                value = "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('1Mi')) >= 0"
                        + " && quantity(string(self)).compareTo(quantity('1Ti')) <= 0",
                message = "memory.overhead must be a quantity of 1Mi to 1Ti; give a size such as 512Mi")
        Quantity overhead) {}
