package dev.holdfast.api.vm.machine;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Location of the kernel: paths in a container image, without {@code ..}. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record KernelContainer(
        @JsonPropertyDescription("Name of the container image. It is mounted read-only as an image volume.")
        @Required
        @Size(min = 1, max = 512)
        @ValidationRule(
                value = "!self.matches('\\\\s')",
                message = "an image's name must not contain white space; set a name such as"
                        + " registry.example.com/guest:1")
        String image,

        @JsonPropertyDescription("Absolute path of the kernel in the image.")
        @Required
        @Size(max = 512)
        @ValidationRule(
                value = "self.matches('^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$')",
                message = "must be an absolute path of letters, digits, '.', '_', '+' and '-' in which no part begins"
                        + " with a dot; set a path such as /boot/vmlinuz")
        String kernelPath,

        @JsonPropertyDescription("Absolute path of the initrd in the image.")
        @Nullable
        @Size(max = 512)
        @ValidationRule(
                value = "self.matches('^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$')",
                message = "must be an absolute path of letters, digits, '.', '_', '+' and '-' in which no part begins"
                        + " with a dot; set a path such as /boot/initrd.img")
        String initrdPath) {}
