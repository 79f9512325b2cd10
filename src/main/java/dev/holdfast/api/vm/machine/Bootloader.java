package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Firmware that starts a guest from its disks: SeaBIOS or UEFI. */
@ValidationRule(
        value = "has(self.bios) != has(self.efi)",
        message = "a bootloader must be exactly one of bios and efi; set one of them, such as efi: {}")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Bootloader(
        @JsonPropertyDescription("SeaBIOS, from the launcher image.") @Nullable
        Bios bios,

        @JsonPropertyDescription("UEFI: OVMF from the launcher image.") @Nullable
        Efi efi) {}
