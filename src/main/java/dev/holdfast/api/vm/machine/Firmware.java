package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Firmware that starts the guest; the default is SeaBIOS. Both SeaBIOS and UEFI can start a kernel directly. */
@ValidationRule(
        value = "!has(self.kernelBoot) || !has(self.bootloader) || !has(self.bootloader.efi)"
                + " || !has(self.bootloader.efi.secureBoot) || !self.bootloader.efi.secureBoot",
        message = "kernelBoot and secureBoot are both set, but QEMU changes the kernel image, so that its signature"
                + " is invalid; remove one of them")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Firmware(
        @JsonPropertyDescription("Firmware: SeaBIOS (the default) or UEFI.") @Nullable
        Bootloader bootloader,

        @JsonPropertyDescription("Linux kernel in a container image that is started directly, without a boot loader.")
        @Nullable
        KernelBoot kernelBoot) {}
