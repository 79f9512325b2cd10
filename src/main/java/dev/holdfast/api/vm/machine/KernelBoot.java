package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A Linux kernel started directly, from a container image. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record KernelBoot(
        // The kernel's 2048 bytes end with a zero (arch/x86/boot/header.S, cmdline_size); it would cut off the
        // rest.
        @JsonPropertyDescription("The kernel's command line.")
        @Nullable
        @Size(max = 2047)
        @ValidationRule(
                value = "self.matches('^[ -~]*$')",
                message = "a kernel's command line is one line of printable ASCII; remove what else there is")
        String kernelArgs,

        @JsonPropertyDescription("The image with the kernel.") @Required
        KernelContainer container) {}
