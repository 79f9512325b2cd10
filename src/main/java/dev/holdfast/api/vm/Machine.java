package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import org.jspecify.annotations.Nullable;

@JsonInclude(JsonInclude.Include.NON_NULL)
public record Machine(
        @JsonPropertyDescription("The chipset.") @Nullable @Default("q35")
        MachineType type) {}
