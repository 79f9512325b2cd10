package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.vm.devices.Devices;
import dev.holdfast.api.vm.machine.Cpu;
import dev.holdfast.api.vm.machine.Features;
import dev.holdfast.api.vm.machine.Firmware;
import dev.holdfast.api.vm.machine.GuestClock;
import dev.holdfast.api.vm.machine.Machine;
import dev.holdfast.api.vm.machine.Memory;
import dev.holdfast.api.vm.network.VmNetwork;
import dev.holdfast.api.vm.storage.VmVolume;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The machine that the user wants. Leaf names mean what they mean in KubeVirt.
 *
 * <p>Nothing here is immutable: a changed spec holds from the next start. The rules are the API server's own checks; it
 * prints the value that it found before a rule's message. They keep commas and blanks out of what ends on QEMU's command
 * line, and every string that one of them reads has a bound, or the server would refuse the rule as too expensive.
 */
@ValidationRule(
        value = "!has(self.features) || !has(self.features.kvm) || !has(self.features.kvm.hidden)"
                + " || !self.features.kvm.hidden || !has(self.devices) || !has(self.devices.gpus)"
                + " || !self.devices.gpus.exists(gpu, has(gpu.p2pClique))",
        message =
                "features.kvm.hidden is true, but NVIDIA's driver reads a p2pClique only where it knows that it runs on KVM;"
                        + " remove one of them")
@JsonClassDescription("The machine that the user wants. A change holds from the next start.")
@ValidationRule(
        value = "!has(self.devices.disks) || self.devices.disks.all(disk,"
                + " has(self.volumes) && self.volumes.exists(volume, volume.name == disk.name))",
        message = "a disk has no volume of its name; add one to volumes, or remove the disk")
@ValidationRule(
        value = "!has(self.volumes) || self.volumes.all(volume,"
                + " has(self.devices.disks) && self.devices.disks.exists(disk, disk.name == volume.name))",
        message = "a volume has no disk of its name, so the guest would not see it; add one to devices.disks, or remove"
                + " the volume")
@ValidationRule(
        value = "!has(self.devices.disks) || !has(self.volumes) || !self.devices.disks.exists(disk,"
                + " has(disk.disk) && has(disk.disk.bus) && disk.disk.bus == 'sata' && self.volumes.exists(volume,"
                + " volume.name == disk.name && has(volume.persistentVolumeClaim)"
                + " && has(volume.persistentVolumeClaim.readOnly) && volume.persistentVolumeClaim.readOnly))",
        message = "a SATA disk cannot be read-only as its claim is; choose bus virtio or nvme, or make it a cdrom")
@ValidationRule(
        value = "!has(self.devices.interfaces) || self.devices.interfaces.all(nic,"
                + " has(self.networks) && self.networks.exists(network, network.name == nic.name))",
        message = "an interface has no network of its name; add one to networks, or remove the interface")
@ValidationRule(
        value = "!has(self.networks) || self.networks.all(network,"
                + " has(self.devices.interfaces) && self.devices.interfaces.exists(nic, nic.name == network.name))",
        message = "a network has no interface of its name, so the guest would not see it; add one to"
                + " devices.interfaces, or remove the network")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughVMSpec(
        @JsonPropertyDescription(
                "Always: started again, with back-off, however it ended. RerunOnFailure: only after a failure, so a guest "
                        + "that powers itself off stays off. Once: never again. Halted: powered off and kept off.")
        @Nullable
        @Default("Always")
        RunStrategy runStrategy,

        @JsonPropertyDescription("The virtual mainboard.") @Nullable
        Machine machine,

        @JsonPropertyDescription(
                "How the guest starts: SeaBIOS, UEFI, or a Linux kernel directly. SeaBIOS when absent.")
        @Nullable
        Firmware firmware,

        @JsonPropertyDescription("The virtual CPUs: cores × sockets × threads of them.") @Nullable
        Cpu cpu,

        @JsonPropertyDescription("What the CPUs tell the guest of who runs them.") @Nullable
        Features features,

        @JsonPropertyDescription("What the guest's real-time clock shows; UTC when absent.") @Nullable
        GuestClock clock,

        @JsonPropertyDescription("The guest's RAM and how its locking is limited.") @Required
        Memory memory,

        @JsonPropertyDescription("What the guest gets besides CPU and RAM. At least one gpu or host device.") @Required
        Devices devices,

        @JsonPropertyDescription("What is on the disks, each by the name of its disk.")
        @Nullable
        @Size(max = 16)
        @ValidationRule(
                value = "self.all(a, !has(a.persistentVolumeClaim) || self.exists_one(b, has(b.persistentVolumeClaim)"
                        + " && a.persistentVolumeClaim.claimName == b.persistentVolumeClaim.claimName))",
                message = "two volumes have the same claim, but one disk is written by one; remove one")
        @ValidationRule(
                value = "self.filter(volume, has(volume.cloudInitNoCloud)).size() <= 1",
                message =
                        "two volumes are for cloud-init, which reads one; remove one, or make it a secret or configMap")
        List<VmVolume> volumes,

        @JsonPropertyDescription(
                "What the interfaces are on, each by the name of its interface. No network when absent.")
        @Nullable
        @Size(max = 1)
        List<VmNetwork> networks,

        @JsonPropertyDescription("As in a Pod.")
        @Nullable
        @Size(max = 32)
        @ValidationRule(
                value =
                        "self.all(key, key.matches('^([-a-z0-9.]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')"
                                + " && self[key].matches('^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$'))",
                message = "keys and values have to be what a Node's label can be, at most 63 characters each besides"
                        + " a key's prefix; see `kubectl get nodes --show-labels`")
        Map<String, @Size(max = 256) String> nodeSelector,

        @JsonPropertyDescription("As in a Pod.") @Nullable Affinity affinity,

        @JsonPropertyDescription("As in a Pod.") @Nullable @Size(max = 32)
        List<Toleration> tolerations,

        @JsonPropertyDescription("As in a Pod.") @Nullable @Size(max = 253)
        String priorityClassName,

        @JsonPropertyDescription("As in a Pod.") @Nullable @Size(max = 253)
        String schedulerName,

        @JsonPropertyDescription("How long the guest has to power itself off before QEMU is killed.")
        @Nullable
        @Default("180")
        @Min(0)
        @Max(86400)
        Long terminationGracePeriodSeconds,

        @JsonPropertyDescription("As in a Pod.") @Nullable @Size(max = 16)
        List<LocalObjectReference> imagePullSecrets,

        @JsonPropertyDescription("Image with holdfast and QEMU; the operator's own default when absent.")
        @Nullable
        @Size(min = 1, max = 512)
        @ValidationRule(
                value = "!self.matches('\\\\s')",
                message = "an image's name has no blanks; give one such as registry.example.com/launcher:1")
        String launcherImage) {}
