package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** UEFI. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Efi(
        @JsonPropertyDescription(
                "Starts only what Microsoft's keys have signed: Windows, and the loaders of the large distributions. Default: false.")
        @Nullable
        Boolean secureBoot,

        @JsonPropertyDescription(
                "The firmware's variables (boot order, keys) outlive the pod, in the PersistentVolumeClaim NAME-state that"
                        + " the operator makes. Otherwise each start begins with the image's own. Default: false.")
        @Nullable
        Boolean persistent) {}
