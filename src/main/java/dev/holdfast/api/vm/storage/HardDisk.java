package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** How a hard disk is attached. */
@ValidationRule(
        value = "!has(self.readonly) || !self.readonly || !has(self.bus) || self.bus != 'sata'",
        message = "a SATA disk cannot be read-only; choose bus virtio or nvme, or make it a cdrom")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record HardDisk(
        @JsonPropertyDescription("virtio (the default), for guests with its driver; sata or nvme, for all others.")
        @Nullable
        DiskBus bus,

        @JsonPropertyDescription("The guest cannot write to it.") @Nullable
        Boolean readonly) {}
