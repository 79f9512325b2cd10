package dev.holdfast.api.vm.storage;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.DnsNames;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import org.jspecify.annotations.Nullable;

/** Disk of the guest; its contents are the volume of the same name. */
@ValidationRule(
        value = "!has(self.disk) || !has(self.cdrom)",
        message = "disk and cdrom are both set, but at most one of them is allowed; remove one")
@ValidationRule(
        value = "!has(self.cache) || !has(self.io) || self.io != 'native' || self.cache == 'none'",
        message = "io native bypasses the node's page cache and requires cache none; set cache none, or remove one of"
                + " them")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record VmDisk(
        @JsonPropertyDescription("Name of the disk and of its volume, unique among the disks.")
        @Required
        @Size(max = 58)
        @ValidationRule(
                value = "self.matches('^" + DnsNames.LABEL + "$')",
                message = "a disk's name must be lower-case letters, digits and inner dashes; set a name such as root")
        String name,

        @JsonPropertyDescription("A hard disk. This is the default if neither disk nor cdrom is set.") @Nullable
        HardDisk disk,

        @JsonPropertyDescription("A CD-ROM drive, on the SATA controller.") @Nullable
        Cdrom cdrom,

        @JsonPropertyDescription(
                "Boot order: the firmware tries the disk with the lowest number first. If no disk has a number, it"
                        + " tries them in the order of the list.")
        @Nullable
        @Min(1)
        @Max(64)
        Integer bootOrder,

        @JsonPropertyDescription("Serial number that the guest reads. If absent, the first 20 characters of the name.")
        @Nullable
        @Size(min = 1, max = 20)
        @ValidationRule(
                value = "self.matches('^[A-Za-z0-9_.-]+$')",
                message = "a serial number must be letters, digits, '_', '.' and '-'; set one such as disk-1")
        String serial,

        @JsonPropertyDescription(
                "Cache mode. none: bypasses the node's page cache. writeback: uses the page cache. writethrough: uses"
                        + " the page cache, and each write is flushed. If absent, none if the file system supports"
                        + " it, otherwise writeback. Flushes of the guest take effect in all modes.")
        @Nullable
        DiskCache cache,

        @JsonPropertyDescription("I/O mode: threads, or native, which requires cache none. Default: native for block"
                + " devices, otherwise threads.")
        @Nullable
        DiskIo io,

        @JsonPropertyDescription(
                "Handling of blocks that the guest discards or overwrites with zeroes. unmap (the default): they are"
                        + " released to the volume. ignore: they stay allocated.")
        @Nullable
        DiskDiscard discard) {}
