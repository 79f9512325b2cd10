package dev.holdfast.api.vm;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import dev.holdfast.api.vm.devices.Devices;
import dev.holdfast.api.vm.devices.VmResourceClaim;
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
 * Desired state of a VM. Field names have the same meaning as in KubeVirt.
 *
 * <p>No field is immutable: a changed spec takes effect at the next start. The API server evaluates the rules and
 * prints the invalid value before a rule's message. The rules keep commas and white space out of QEMU's command line.
 * Every string that a rule reads has a maximum length, or the server would refuse the rule as too expensive.
 */
@ValidationRule(
        value = "!has(self.features) || !has(self.features.kvm) || !has(self.features.kvm.hidden)"
                + " || !self.features.kvm.hidden || !has(self.devices) || !has(self.devices.gpus)"
                + " || !self.devices.gpus.exists(gpu, has(gpu.p2pClique))",
        message = "features.kvm.hidden is true, but NVIDIA's driver reads a p2pClique only if KVM is not hidden; remove"
                + " one of them")
@JsonClassDescription("The desired state of the VM. A change takes effect at the next start.")
@ValidationRule(
        value = "!has(self.devices.disks) || self.devices.disks.all(disk,"
                + " has(self.volumes) && self.volumes.exists(volume, volume.name == disk.name))",
        message = "a disk has no volume with the same name; add one to volumes, or remove the disk")
@ValidationRule(
        value = "!has(self.volumes) || self.volumes.all(volume,"
                + " has(self.devices.disks) && self.devices.disks.exists(disk, disk.name == volume.name))",
        message = "a volume has no disk with the same name, so the guest would not see it; add one to devices.disks,"
                + " or remove the volume")
@ValidationRule(
        value = "!has(self.devices.disks) || !has(self.volumes) || !self.devices.disks.exists(disk,"
                + " has(disk.disk) && has(disk.disk.bus) && disk.disk.bus == 'sata' && self.volumes.exists(volume,"
                + " volume.name == disk.name && has(volume.persistentVolumeClaim)"
                + " && has(volume.persistentVolumeClaim.readOnly) && volume.persistentVolumeClaim.readOnly))",
        message = "a SATA disk cannot be read-only, but its claim is; choose bus virtio or nvme, or replace disk by"
                + " cdrom")
@ValidationRule(
        value = "!has(self.devices.interfaces) || self.devices.interfaces.all(nic,"
                + " has(self.networks) && self.networks.exists(network, network.name == nic.name))",
        message = "an interface has no network with the same name; add one to networks, or remove the interface")
@ValidationRule(
        value = "!has(self.networks) || self.networks.all(network,"
                + " has(self.devices.interfaces) && self.devices.interfaces.exists(nic, nic.name == network.name))",
        message = "a network has no interface with the same name, so the guest would not see it; add one to"
                + " devices.interfaces, or remove the network")
@ValidationRule(
        value = "(!has(self.devices.gpus) || self.devices.gpus.all(gpu, !has(gpu.claimName)"
                + " || has(self.resourceClaims) && self.resourceClaims.exists(claim, claim.name == gpu.claimName)))"
                + " && (!has(self.devices.hostDevices) || self.devices.hostDevices.all(device, !has(device.claimName)"
                + " || has(self.resourceClaims)"
                + " && self.resourceClaims.exists(claim, claim.name == device.claimName)))",
        message = "the claimName of a device is not in resourceClaims; add an entry with that name, or correct the"
                + " claimName")
@ValidationRule(
        value = "!has(self.resourceClaims) || self.resourceClaims.all(claim,"
                + " has(self.devices.gpus) && self.devices.gpus.exists(gpu,"
                + " has(gpu.claimName) && gpu.claimName == claim.name)"
                + " || has(self.devices.hostDevices) && self.devices.hostDevices.exists(device,"
                + " has(device.claimName) && device.claimName == claim.name))",
        message = "no device has an entry of resourceClaims as its claimName, so the guest would not see what it"
                + " allocates; set claimName in a device, or remove the entry")
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughVMSpec(
        @JsonPropertyDescription("Specifies when the VM runs. Always: it is restarted, with back-off, whenever it ends."
                + " RerunOnFailure: it is restarted only after a failure, so a guest that powers itself off"
                + " stays off. Once: it is not restarted. Halted: it is powered off and stays off.")
        @Nullable
        @Default("Always")
        RunStrategy runStrategy,

        @JsonPropertyDescription("The emulated machine.") @Nullable
        Machine machine,

        @JsonPropertyDescription(
                "Firmware that starts the guest: SeaBIOS (the default), UEFI, or a Linux kernel directly.")
        @Nullable
        Firmware firmware,

        @JsonPropertyDescription("Virtual CPUs of the guest. Their number is cores × sockets × threads.") @Nullable
        Cpu cpu,

        @JsonPropertyDescription("Features of the hypervisor that the CPUs show to the guest.") @Nullable
        Features features,

        @JsonPropertyDescription("Time that the guest's real-time clock shows. Default: UTC.") @Nullable
        GuestClock clock,

        @JsonPropertyDescription("RAM of the guest, and the settings of its memlock limit.") @Required
        Memory memory,

        @JsonPropertyDescription("Devices of the guest. At least one GPU or host device is required.") @Required
        Devices devices,

        @JsonPropertyDescription("Claims of Dynamic Resource Allocation (DRA) that allocate devices of the VM, as in a"
                + " Pod. Each must be the claimName of a device.")
        @Nullable
        @Size(max = 32)
        List<VmResourceClaim> resourceClaims,

        @JsonPropertyDescription("Contents of the disks. Each volume has the name of its disk.")
        @Nullable
        @Size(max = 16)
        @ValidationRule(
                value = "self.all(a, !has(a.persistentVolumeClaim) || self.exists_one(b, has(b.persistentVolumeClaim)"
                        + " && a.persistentVolumeClaim.claimName == b.persistentVolumeClaim.claimName))",
                message = "two volumes have the same claim, but a claim must be used by one volume only; remove one")
        @ValidationRule(
                value = "self.filter(volume, has(volume.cloudInitNoCloud)).size() <= 1",
                message = "two volumes are of kind cloudInitNoCloud, but cloud-init reads only one; remove one, or"
                        + " replace it by a secret or configMap")
        List<VmVolume> volumes,

        @JsonPropertyDescription(
                "Networks of the interfaces. Each network has the name of its interface. If absent, the guest has no"
                        + " network.")
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
                message = "keys and values must be valid label keys and values, at most 63 characters each (without a"
                        + " key's prefix); see `kubectl get nodes --show-labels`")
        Map<String, @Size(max = 256) String> nodeSelector,

        @JsonPropertyDescription("As in a Pod.") @Nullable Affinity affinity,

        @JsonPropertyDescription("As in a Pod.") @Nullable @Size(max = 32)
        List<Toleration> tolerations,

        @JsonPropertyDescription("As in a Pod.") @Nullable @Size(max = 253)
        String priorityClassName,

        @JsonPropertyDescription("As in a Pod.") @Nullable @Size(max = 253)
        String schedulerName,

        @JsonPropertyDescription("Seconds that the guest has to power itself off before QEMU is killed.")
        @Nullable
        @Default("" + PassthroughVMSpec.DEFAULT_GRACE_SECONDS)
        @Min(0)
        @Max(86400)
        Long terminationGracePeriodSeconds,

        @JsonPropertyDescription("As in a Pod.") @Nullable @Size(max = 16)
        List<LocalObjectReference> imagePullSecrets,

        @JsonPropertyDescription("Container image with Holdfast and QEMU. If absent, the operator's default.")
        @Nullable
        @Size(min = 1, max = 512)
        @ValidationRule(
                value = "!self.matches('\\\\s')",
                message = "an image's name must not contain white space; set a name such as"
                        + " registry.example.com/launcher:1")
        String launcherImage) {
    /** Default of terminationGracePeriodSeconds. */
    public static final long DEFAULT_GRACE_SECONDS = 180;
}
