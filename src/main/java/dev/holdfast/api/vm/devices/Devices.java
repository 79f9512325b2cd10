package dev.holdfast.api.vm.devices;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.vm.network.VmInterface;
import dev.holdfast.api.vm.storage.VmDisk;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Names are unique over both lists, and there is at least one device. */
@ValidationRule(
        value = "has(self.gpus) && size(self.gpus) > 0 || has(self.hostDevices) && size(self.hostDevices) > 0",
        message = "there are neither gpus nor hostDevices, but a PassthroughVM passes at least one device through;"
                + " add one, or run the machine with KubeVirt")
@ValidationRule(
        value = "!has(self.gpus) || !has(self.hostDevices)"
                + " || self.gpus.all(gpu, self.hostDevices.all(device, device.name != gpu.name))",
        message = "a gpu and a host device have the same name, but names are unique over both lists; rename one")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Devices(
        @JsonPropertyDescription("GPUs; each entry is one whole IOMMU group of the node.") @Nullable @Size(max = 32)
        List<Gpu> gpus,

        @JsonPropertyDescription("Other PCI devices; each entry is one whole IOMMU group of the node.")
        @Nullable
        @Size(max = 32)
        List<HostDevice> hostDevices,

        @JsonPropertyDescription(
                "An IOMMU for the guest. Each device then has an address space of its own, and the limit grows with them.")
        @Nullable
        Iommu iommu,

        @JsonPropertyDescription("The emulated display, besides the GPUs.") @Nullable
        Video video,

        @JsonPropertyDescription("A source of random numbers for the guest (virtio-rng).") @Nullable
        Rng rng,

        @JsonPropertyDescription("A timer that does something when the guest hangs.") @Nullable
        Watchdog watchdog,

        @JsonPropertyDescription("Disks, each with the volume of its name.")
        @Nullable
        @Size(max = 16)
        @ValidationRule(
                value = "self.all(a, !has(a.bootOrder) || self.exists_one(b, has(b.bootOrder)"
                        + " && a.bootOrder == b.bootOrder))",
                message = "two disks have the same bootOrder; renumber one")
        @ValidationRule(
                value = "self.filter(drive, has(drive.cdrom) || has(drive.disk) && has(drive.disk.bus)"
                        + " && drive.disk.bus == 'sata').size() <= 6",
                message = "there are more than the 6 SATA disks and CD-ROM drives that the controller takes; choose bus"
                        + " virtio or nvme for some")
        List<VmDisk> disks,

        @JsonPropertyDescription("Emulated network cards, each on the network of its name.") @Nullable @Size(max = 1)
        List<VmInterface> interfaces) {}
