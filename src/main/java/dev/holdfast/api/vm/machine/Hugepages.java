package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** Huge pages behind the guest's memory. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Hugepages(
        @JsonPropertyDescription(
                "2Mi or 1Gi; guest memory is a multiple of it. The nodes have to have such pages set aside.")
        @Required
        PageSize pageSize) {}
