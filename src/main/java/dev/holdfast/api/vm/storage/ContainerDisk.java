package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A disk image in a container image, qcow2 or raw, without a backing file. */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ContainerDisk(
        @JsonPropertyDescription("A container image; mounted read-only as an image volume.")
        @Required
        @Size(min = 1, max = 512)
        @ValidationRule(
                value = "!self.matches('\\\\s')",
                message = "an image's name has no blanks; give one such as registry.example.com/debian:13")
        String image,

        @JsonPropertyDescription(
                "Absolute path of the disk image; the first *.qcow2, *.img or *.raw of /disk when absent.")
        @Nullable
        @Size(max = 512)
        @ValidationRule(
                value = "self.matches('^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$')",
                message = "expected is an absolute path of letters, digits and ._+- without a part that begins with"
                        + " a dot; give one such as /disk/root.qcow2")
        String path,

        @JsonPropertyDescription("As of a container: Always, IfNotPresent or Never.") @Nullable
        PullPolicy imagePullPolicy,

        @JsonPropertyDescription(
                "The largest disk that the image may hold, 1Mi to 64Ti; as much may be written on the node's disk. Default: 20Gi.")
        @Nullable
        @Size(max = 32)
        @ValidationRule(
                value = "isQuantity(self) && quantity(self).compareTo(quantity('1Mi')) >= 0"
                        + " && quantity(self).compareTo(quantity('64Ti')) <= 0",
                message = "a container disk can have 1Mi to 64Ti; give a size in that range, such as 20Gi")
        String capacity) {}
