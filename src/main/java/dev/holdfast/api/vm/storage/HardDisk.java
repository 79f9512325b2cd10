package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Attachment of a hard disk. */
@ValidationRule(
        value = "!has(self.readonly) || !self.readonly || !has(self.bus) || self.bus != 'sata'",
        message = "a SATA disk cannot be read-only; choose bus virtio or nvme, or replace disk by cdrom")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record HardDisk(
        @JsonPropertyDescription(
                "Controller: virtio (the default), for guests with a virtio driver; sata or nvme, for all others.")
        @Nullable
        DiskBus bus,

        @JsonPropertyDescription("The guest cannot write to the disk.") @Nullable
        Boolean readonly) {}
