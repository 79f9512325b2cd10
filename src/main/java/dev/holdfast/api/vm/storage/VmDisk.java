package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** A disk as the guest sees it; what is on it is the volume of the same name. */
@ValidationRule(
        value = "!has(self.disk) || !has(self.cdrom)",
        message = "there are both disk and cdrom, but a drive is one of them; remove one")
@ValidationRule(
        value = "!has(self.cache) || !has(self.io) || self.io != 'native' || self.cache == 'none'",
        message =
                "io native goes past the node's page cache, so it takes cache none; give that, or leave one of them out")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VmDisk(
        @JsonPropertyDescription("Of the disk and of its volume; unique among the disks.")
        @Required
        @Size(max = 58)
        @ValidationRule(
                value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
                message = "a disk is named by lower-case letters, digits and inner dashes; give a name such as root")
        String name,

        @JsonPropertyDescription("A hard disk; what it is when neither this nor cdrom is given.") @Nullable
        HardDisk disk,

        @JsonPropertyDescription("A CD-ROM drive, on the SATA controller.") @Nullable
        Cdrom cdrom,

        @JsonPropertyDescription(
                "The firmware tries the disk with the lowest number first. Without any: in the order of the list.")
        @Nullable
        @Min(1)
        @Max(64)
        Integer bootOrder,

        @JsonPropertyDescription("What the guest reads as serial number; the first 20 letters of the name when absent.")
        @Nullable
        @Size(min = 1, max = 20)
        @ValidationRule(
                value = "self.matches('^[A-Za-z0-9_.-]+$')",
                message = "a serial number has letters, digits and _.- alone; give one such as disk-1")
        String serial,

        @JsonPropertyDescription(
                "none: past the node's page cache. writeback: through it. writethrough: and each write to"
                        + " the end. none where the file system can, else writeback, when absent. Flushes of the guest count in all.")
        @Nullable
        DiskCache cache,

        @JsonPropertyDescription("threads, or native, which needs cache none. native for block devices, else threads.")
        @Nullable
        DiskIo io,

        @JsonPropertyDescription(
                "unmap (the default): what the guest discards, or overwrites with zeroes, is given back to the volume. ignore: it stays.")
        @Nullable
        DiskDiscard discard) {}
