package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.vm.network.VmInterface;
import dev.holdfast.api.vm.storage.VmDisk;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Devices of the guest. At least one is passed through, and names are unique over gpus and hostDevices. */
@ValidationRule(
        value = "has(self.gpus) && size(self.gpus) > 0 || has(self.hostDevices) && size(self.hostDevices) > 0",
        message = "gpus and hostDevices are empty, but at least one device is required; add one, or run the VM with"
                + " KubeVirt")
@ValidationRule(
        value = "!has(self.gpus) || !has(self.hostDevices)"
                + " || self.gpus.all(gpu, self.hostDevices.all(device, device.name != gpu.name))",
        message = "a gpu and a host device have the same name, but names must be unique over both lists; rename one")
@ValidationRule(
        value = "!has(self.gpus) || !has(self.hostDevices) || self.gpus.all(gpu, !has(gpu.claimName)"
                + " || self.hostDevices.all(device, !has(device.claimName) || gpu.claimName != device.claimName"
                + " || has(gpu.requestName) && has(device.requestName) && gpu.requestName != device.requestName))",
        message = "a gpu and a host device have the same claimName, so each must have a requestName, and no two the"
                + " same; set them")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Devices(
        @JsonPropertyDescription("GPUs. Each entry is one whole IOMMU group of the node.")
        @Nullable
        @Size(max = 32)
        @ValidationRule(
                value = "self.all(a, !has(a.claimName) || self.exists_one(b, has(b.claimName)"
                        + " && a.claimName == b.claimName && (!has(a.requestName) || !has(b.requestName)"
                        + " || a.requestName == b.requestName)))",
                message = "two devices have the same claimName, so each must have a requestName, and no two the same;"
                        + " set them")
        List<Gpu> gpus,

        @JsonPropertyDescription("Other PCI devices. Each entry is one whole IOMMU group of the node.")
        @Nullable
        @Size(max = 32)
        @ValidationRule(
                value = "self.all(a, !has(a.claimName) || self.exists_one(b, has(b.claimName)"
                        + " && a.claimName == b.claimName && (!has(a.requestName) || !has(b.requestName)"
                        + " || a.requestName == b.requestName)))",
                message = "two devices have the same claimName, so each must have a requestName, and no two the same;"
                        + " set them")
        List<HostDevice> hostDevices,

        @JsonPropertyDescription(
                "An IOMMU for the guest. Each device then has its own address space, and the limit grows with their"
                        + " number.")
        @Nullable
        Iommu iommu,

        @JsonPropertyDescription("Emulated display, besides the GPUs.") @Nullable
        Video video,

        @JsonPropertyDescription("Source of random numbers for the guest (virtio-rng).") @Nullable
        Rng rng,

        @JsonPropertyDescription("A watchdog timer that acts when the guest hangs.") @Nullable
        Watchdog watchdog,

        @JsonPropertyDescription("Disks. Each needs a volume with the same name.")
        @Nullable
        @Size(max = 16)
        @ValidationRule(
                value = "self.all(a, !has(a.bootOrder) || self.exists_one(b, has(b.bootOrder)"
                        + " && a.bootOrder == b.bootOrder))",
                message = "two disks have the same bootOrder, but each must be unique; renumber one")
        @ValidationRule(
                value = "self.filter(drive, has(drive.cdrom) || has(drive.disk) && has(drive.disk.bus)"
                        + " && drive.disk.bus == 'sata').size() <= 6",
                message = "there must be at most 6 SATA disks and CD-ROM drives, the maximum of the controller;"
                        + " choose bus virtio or nvme for some")
        List<VmDisk> disks,

        @JsonPropertyDescription("Emulated network interfaces. Each needs a network with the same name.")
        @Nullable
        @Size(max = 1)
        List<VmInterface> interfaces) {}
