package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;

/** An empty disk. A text of its own kind: of a quantity in a list the API server fears that it is endless. */
public record EmptyDisk(
        @JsonPropertyDescription("Its size: 1Mi to 64Ti, rounded up to whole sectors of 512 bytes.")
        @Required
        @Size(min = 1, max = 32)
        @ValidationRule(
                value = "isQuantity(self) && quantity(self).compareTo(quantity('1Mi')) >= 0"
                        + " && quantity(self).compareTo(quantity('64Ti')) <= 0",
                message = "an empty disk can have 1Mi to 64Ti; give a size in that range, such as 10Gi")
        String capacity) {}
