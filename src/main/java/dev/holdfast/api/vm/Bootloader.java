package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;

/** What starts a guest from its disks, other than SeaBIOS. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Bootloader(
        @JsonPropertyDescription("UEFI: OVMF from the launcher's image.") @Required
        Efi efi) {}
