package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

@JsonInclude(JsonInclude.Include.NON_NULL)
public record Machine(
        @JsonPropertyDescription("Chipset: q35, which is also the default.") @Nullable
        MachineType type) {}
