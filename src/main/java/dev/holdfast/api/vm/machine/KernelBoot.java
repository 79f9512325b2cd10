package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Linux kernel that is started directly, from a container image. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record KernelBoot(
        // The kernel has room for 2048 bytes with the final NUL (arch/x86/boot/header.S, cmdline_size) and would cut
        // the rest.
        @JsonPropertyDescription("Command line of the kernel.")
        @Nullable
        @Size(max = 2047)
        @ValidationRule(
                value = "self.matches('^[ -~]*$')",
                message = "the kernel's command line must be one line of printable ASCII; remove all other characters")
        String kernelArgs,

        @JsonPropertyDescription("Container image that contains the kernel.") @Required
        KernelContainer container) {}
