package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** How the guest starts: SeaBIOS unless given. A kernel is started by UEFI as well as by SeaBIOS. */
@ValidationRule(
        value = "!has(self.kernelBoot) || !has(self.bootloader) || !has(self.bootloader.efi)"
                + " || !has(self.bootloader.efi.secureBoot) || !self.bootloader.efi.secureBoot",
        message = "there are both kernelBoot and secureBoot, but QEMU changes the kernel that it hands over, so its"
                + " signature is worth nothing; remove one of them")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Firmware(
        @JsonPropertyDescription("SeaBIOS or UEFI; SeaBIOS unless given.") @Nullable
        Bootloader bootloader,

        @JsonPropertyDescription("Start a Linux kernel from a container image, without a boot loader.") @Nullable
        KernelBoot kernelBoot) {}
