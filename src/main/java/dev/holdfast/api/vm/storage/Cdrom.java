package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import org.jspecify.annotations.Nullable;

/** CD-ROM drive. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Cdrom(
        @JsonPropertyDescription("Controller: sata, which is also the default.") @Nullable
        CdromBus bus) {}
