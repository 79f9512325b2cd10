package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Disk image in a container image, qcow2 or raw, without a backing file. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ContainerDisk(
        @JsonPropertyDescription("Name of the container image. It is mounted read-only as an image volume.")
        @Required
        @Size(min = 1, max = 512)
        @ValidationRule(
                value = "!self.matches('\\\\s')",
                message = "an image's name must not contain white space; set a name such as"
                        + " registry.example.com/debian:13")
        String image,

        @JsonPropertyDescription(
                "Absolute path of the disk image. If absent, the first *.qcow2, *.img or *.raw file in /disk.")
        @Nullable
        @Size(max = 512)
        @ValidationRule(
                value = "self.matches('^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$')",
                message = "must be an absolute path of letters, digits, '.', '_', '+' and '-' in which no part begins"
                        + " with a dot; set a path such as /disk/root.qcow2")
        String path,

        @JsonPropertyDescription("Pull policy of the image, as of a container: Always, IfNotPresent or Never.")
        @Nullable
        PullPolicy imagePullPolicy,

        @JsonPropertyDescription(
                "Maximum size of the disk in the image, 1Mi to 64Ti. The guest can write as much to the node's disk."
                        + " Default: 20Gi.")
        @Nullable
        @Size(max = 32)
        @ValidationRule(
                value = "isQuantity(self) && quantity(self).compareTo(quantity('1Mi')) >= 0"
                        + " && quantity(self).compareTo(quantity('64Ti')) <= 0",
                message = "a container disk must be 1Mi to 64Ti; set a size in that range, such as 20Gi")
        String capacity) {}
