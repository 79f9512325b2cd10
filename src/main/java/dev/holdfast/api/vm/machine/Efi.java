package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** UEFI as the firmware. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Efi(
        @JsonPropertyDescription(
                "Starts only boot loaders that are signed by Microsoft's keys: Windows, and those of the large"
                        + " distributions. Default: false.")
        @Nullable
        Boolean secureBoot,

        @JsonPropertyDescription(
                "Keeps the firmware's variables (boot order, keys) in the PersistentVolumeClaim NAME-state, which the"
                        + " operator creates. Otherwise each start uses the variables of the launcher image."
                        + " Default: false.")
        @Nullable
        Boolean persistent) {}
