package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/**
 * Empty disk. The capacity is a string, because the API server assumes an unbounded length for a quantity in a list and
 * refuses its rules as too expensive.
 */
public record EmptyDisk(
        @JsonPropertyDescription("Size of the disk: 1Mi to 64Ti, rounded up to whole sectors of 512 bytes.")
        @Required
        @Size(min = 1, max = 32)
        @ValidationRule(
                value = "isQuantity(self) && quantity(self).compareTo(quantity('1Mi')) >= 0"
                        + " && quantity(self).compareTo(quantity('64Ti')) <= 0",
                message = "an empty disk must be 1Mi to 64Ti; set a size in that range, such as 10Gi")
        String capacity) {}
