package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** Huge pages that back the guest's memory. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Hugepages(
        @JsonPropertyDescription(
                "Size of the huge pages: 2Mi or 1Gi. Guest memory must be a multiple of it, and the node must have"
                        + " such pages reserved.")
        @Required
        PageSize pageSize) {}
