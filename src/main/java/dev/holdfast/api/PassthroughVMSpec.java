package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonClassDescription;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
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
        Clock clock,

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
        String launcherImage) {
    /** Without features and clock, disks and network. */
    public PassthroughVMSpec(
            @Nullable RunStrategy runStrategy,
            @Nullable Machine machine,
            @Nullable Firmware firmware,
            @Nullable Cpu cpu,
            Memory memory,
            Devices devices,
            @Nullable Map<String, String> nodeSelector,
            @Nullable Affinity affinity,
            @Nullable List<Toleration> tolerations,
            @Nullable String priorityClassName,
            @Nullable String schedulerName,
            @Nullable Long terminationGracePeriodSeconds,
            @Nullable List<LocalObjectReference> imagePullSecrets,
            @Nullable String launcherImage) {
        this(
                runStrategy,
                machine,
                firmware,
                cpu,
                null,
                null,
                memory,
                devices,
                null,
                null,
                nodeSelector,
                affinity,
                tolerations,
                priorityClassName,
                schedulerName,
                terminationGracePeriodSeconds,
                imagePullSecrets,
                launcherImage);
    }

    /** When the machine shall run. */
    public enum RunStrategy {
        /** Whenever it does not, it is started again, with back-off. */
        Always,
        /** As Always after a failure, and when somebody took its pod; a guest that powered itself off stays off. */
        RerunOnFailure,
        /** From one start to the first end, whatever that is. */
        Once,
        /** Never; a running machine is powered off. */
        Halted
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Machine(
            @JsonPropertyDescription("The chipset.") @Nullable @Default("q35")
            MachineType type) {}

    /** The chipset. */
    public enum MachineType {
        @JsonProperty("q35")
        Q35
    }

    /** How the guest starts; SeaBIOS without any. A kernel may be started by UEFI as well as by SeaBIOS. */
    @ValidationRule(
            value = "!has(self.bios) || !has(self.kernelBoot)",
            message = "there are both bios and kernelBoot, but a machine starts one way; remove one")
    @ValidationRule(
            value = "!has(self.bios) || !has(self.bootloader)",
            message = "there are both bios and bootloader, but a machine starts one way; remove one")
    @ValidationRule(
            value = "!has(self.kernelBoot) || !has(self.bootloader) || !has(self.bootloader.efi.secureBoot)"
                    + " || !self.bootloader.efi.secureBoot",
            message = "there are both kernelBoot and secureBoot, but QEMU changes the kernel that it hands over, so its"
                    + " signature is worth nothing; remove one of them")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Firmware(
            @JsonPropertyDescription("SeaBIOS; the default.") @Nullable
            Bios bios,

            @JsonPropertyDescription("UEFI.") @Nullable Bootloader bootloader,

            @JsonPropertyDescription("Start a Linux kernel from a container image, without a boot loader.") @Nullable
            KernelBoot kernelBoot) {}

    /** SeaBIOS. */
    public record Bios() {}

    /** A Linux kernel started directly, from a container image. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record KernelBoot(
            // The kernel's 2048 bytes end with a zero (arch/x86/boot/header.S, cmdline_size); it would cut off the
            // rest.
            @JsonPropertyDescription("The kernel's command line.")
            @Nullable
            @Size(max = 2047)
            @ValidationRule(
                    value = "self.matches('^[ -~]*$')",
                    message = "a kernel's command line is one line of printable ASCII; remove what else there is")
            String kernelArgs,

            @JsonPropertyDescription("The image with the kernel.") @Required
            KernelContainer container) {}

    /** Where the kernel is: paths inside an image, without {@code ..}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record KernelContainer(
            @JsonPropertyDescription("A container image; mounted read-only as an image volume.")
            @Required
            @Size(min = 1, max = 512)
            @ValidationRule(
                    value = "!self.matches('\\\\s')",
                    message = "an image's name has no blanks; give one such as registry.example.com/guest:1")
            String image,

            @JsonPropertyDescription("Absolute path of the kernel in the image.")
            @Required
            @Size(max = 512)
            @ValidationRule(
                    value = "self.matches('^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$')",
                    message = "expected is an absolute path of letters, digits and ._+- without a part that begins with"
                            + " a dot; give one such as /boot/vmlinuz")
            String kernelPath,

            @JsonPropertyDescription("Absolute path of the initrd in the image.")
            @Nullable
            @Size(max = 512)
            @ValidationRule(
                    value = "self.matches('^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$')",
                    message = "expected is an absolute path of letters, digits and ._+- without a part that begins with"
                            + " a dot; give one such as /boot/initrd.img")
            String initrdPath) {}

    /**
     * Virtual CPUs: cores × sockets × threads of them. No q35 so far has more than 4096, older ones have fewer
     * (hw/i386/pc_q35.c, max_cpus); QEMU of the launcher's image has the last word.
     */
    @ValidationRule(
            value = "self.cores * self.sockets * self.threads <= 4096",
            message = "cores x sockets x threads are more than the 4096 CPUs that a q35 machine can have; give fewer")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Cpu(
            @JsonPropertyDescription("Cores of each socket.") @Nullable @Default("1") @Min(1) @Max(512)
            Integer cores,

            @JsonPropertyDescription("Sockets.") @Nullable @Default("1") @Min(1) @Max(64)
            Integer sockets,

            @JsonPropertyDescription("Threads of each core.") @Nullable @Default("1") @Min(1) @Max(8)
            Integer threads,

            @JsonPropertyDescription("host-passthrough, or a model that QEMU knows (qemu-system-x86_64 -cpu help).")
            @Nullable
            @Default("host-passthrough")
            @Size(max = 64)
            @ValidationRule(
                    value = "self.matches('^[A-Za-z0-9][A-Za-z0-9_.-]*$')",
                    message = "a CPU model is named by letters, digits and _.- alone; give host-passthrough, or a name"
                            + " that `qemu-system-x86_64 -cpu help` lists")
            @ValidationRule(
                    value = "self != 'host-model'",
                    message =
                            "host-model is a model that libvirt composes, and there is no libvirt; give host-passthrough,"
                                    + " or a name that `qemu-system-x86_64 -cpu help` lists")
            String model) {}

    @ValidationRule(
            // Of what is no quantity, or no whole number, it is said below.
            value = "!has(self.hugepages) || !isQuantity(string(self.guest))"
                    + " || quantity(string(self.guest)).isGreaterThan(quantity('64Ti'))"
                    + " || int(quantity(string(self.guest)).asApproximateFloat() + 0.5)"
                    + " % (self.hugepages.pageSize == '2Mi' ? 2097152 : 1073741824) == 0",
            message =
                    "guest memory is no multiple of hugepages.pageSize, but huge pages are never taken in part; give a"
                            + " multiple, or smaller pages")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Memory(
            @JsonPropertyDescription("What the guest sees as its RAM: whole bytes, 1Mi to 64Ti.")
            @Required
            @ValidationRule(value = "isQuantity(string(self))", message = "this is no quantity; give bytes such as 4Gi")
            @ValidationRule(
                    value = "!isQuantity(string(self)) || quantity(string(self)).compareTo(quantity('1Mi')) >= 0"
                            + " && quantity(string(self)).compareTo(quantity('64Ti')) <= 0",
                    message = "guest memory can be 1Mi to 64Ti; give a size in that range, such as 4Gi")
            @ValidationRule(
                    // Rounded to whole bytes it has to be the same; out of range it is refused above.
                    value = "!isQuantity(string(self)) || quantity(string(self)).isLessThan(quantity('1Mi'))"
                            + " || quantity(string(self)).isGreaterThan(quantity('64Ti'))"
                            + " || quantity(string(self)).sub(int(quantity(string(self)).asApproximateFloat() + 0.5))"
                            + ".compareTo(quantity('0')) == 0",
                    message = "this is not a whole number of bytes; round it, to 4Gi for instance")
            Quantity guest,

            @JsonPropertyDescription("Huge pages behind the guest's RAM; the host's own pages when absent.") @Nullable
            Hugepages hugepages,

            @JsonPropertyDescription("How RLIMIT_MEMLOCK of QEMU is found.") @Nullable
            Memlock memlock,

            @JsonPropertyDescription(
                    "Added to the pod's memory, 1Mi to 1Ti: for what takes more than the published terms account for.")
            @Nullable
            @ValidationRule(
                    value = "isQuantity(string(self)) && quantity(string(self)).compareTo(quantity('1Mi')) >= 0"
                            + " && quantity(string(self)).compareTo(quantity('1Ti')) <= 0",
                    message = "memory.overhead must be a quantity of 1Mi to 1Ti; give a size such as 512Mi")
            Quantity overhead) {

        /** Without huge pages. */
        public Memory(Quantity guest, @Nullable Memlock memlock) {
            this(guest, null, memlock, null);
        }
    }

    /** How RLIMIT_MEMLOCK is found. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    @ValidationRule(
            value = "has(self.limit) == (has(self.policy) && self.policy == 'Fixed')",
            message = "memlock.limit belongs to policy Fixed: give it there, and leave it out with any other policy")
    public record Memlock(
            @JsonPropertyDescription(
                    "Exact: what the kernel will charge, and 1 MiB for each address space. Libvirt: what libvirt would set. "
                            + "Fixed: limit. Unlimited: none. The operator's --memlock-policies says which are allowed.")
            @Nullable
            @Default("Exact")
            MemlockPolicy policy,

            @JsonPropertyDescription("With policy Fixed, and only there: the limit; at least what Exact requires.")
            @Nullable
            @ValidationRule(
                    value = "isQuantity(string(self)) && quantity(string(self)).isGreaterThan(quantity('0'))"
                            + " && !quantity(string(self)).isGreaterThan(quantity('1Ei'))",
                    message = "this is no quantity of bytes above zero and up to 1Ei; give a limit such as 70Gi")
            Quantity limit) {}

    public enum MemlockPolicy {
        /** What the kernel will charge, term by term, and a margin of 1 MiB for each address space. */
        Exact,
        /** Bit for bit what libvirt would set. */
        Libvirt,
        /** The number in {@code limit}. */
        Fixed,
        /** No limit at all. */
        Unlimited
    }

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
                    message =
                            "there are more than the 6 SATA disks and CD-ROM drives that the controller takes; choose bus"
                                    + " virtio or nvme for some")
            List<VmDisk> disks,

            @JsonPropertyDescription("Emulated network cards, each on the network of its name.")
            @Nullable
            @Size(max = 1)
            List<VmInterface> interfaces) {
        /** Without emulated devices but a display, and with nothing special about the GPUs. */
        public Devices(
                @Nullable List<HostDevice> gpus,
                @Nullable List<HostDevice> hostDevices,
                @Nullable Iommu iommu,
                @Nullable Video video) {
            this(
                    gpus == null
                            ? null
                            : gpus.stream()
                                    .map(gpu -> new Gpu(gpu.name(), gpu.deviceName()))
                                    .toList(),
                    hostDevices,
                    iommu,
                    video,
                    null,
                    null,
                    null,
                    null);
        }

        /** What is passed through: the GPUs, then the host devices, each in the spec's order. */
        public List<HostDevice> passedThrough() {
            Stream<HostDevice> first =
                    gpus == null ? Stream.of() : gpus.stream().map(gpu -> new HostDevice(gpu.name(), gpu.deviceName()));
            return Stream.concat(first, hostDevices == null ? Stream.of() : hostDevices.stream())
                    .toList();
        }
    }

    /**
     * One whole IOMMU group of the node.
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record HostDevice(
            @JsonPropertyDescription("Unique over gpus and hostDevices; status.devices names it again.")
            @Required
            @Size(max = 63)
            @ValidationRule(
                    value = "self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
                    message =
                            "a device is named by lower-case letters, digits and inner dashes; give a name such as gpu0")
            String name,

            @JsonPropertyDescription(
                    "Extended resource of a PassthroughDeviceClass: holdfast.dev/ and the name of the class.")
            @Required
            @Size(max = 76)
            @ValidationRule(
                    value = "self.matches('^holdfast[.]dev/[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",
                    message =
                            "expected is holdfast.dev/ and the name of a device class; `kubectl get ptclass` lists them")
            String deviceName) {}

    /** An IOMMU that the guest can use. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Iommu(
            @JsonPropertyDescription("intel: VT-d, for any guest. virtio: for guests with its driver, such as Linux.")
            @Required
            IommuModel model) {}

    public enum IommuModel {
        @JsonProperty("intel")
        INTEL,
        @JsonProperty("virtio")
        VIRTIO
    }

    /**
     * The emulated display, besides the GPUs.
     */
    @ValidationRule(
            value = "!has(self.memory) || self.type == 'vga' || self.type == 'bochs'",
            message = "this type of video has no memory to set; leave memory out, or choose vga or bochs")
    @ValidationRule(
            value = "self.type != 'bochs' || !has(self.memory) || !isQuantity(string(self.memory))"
                    + " || quantity(string(self.memory)).compareTo(quantity('4Mi')) >= 0",
            message = "bochs takes no less than 4Mi of memory; give more, or choose vga")
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Video(
            @JsonPropertyDescription("none, vga, virtio, bochs or ramfb.") @Nullable @Default("none")
            VideoType type,

            @JsonPropertyDescription(
                    "Framebuffer of vga (from 1Mi) and bochs (from 4Mi): a power of two up to 256Mi; 16Mi when absent.")
            @Nullable
            @ValidationRule(
                    value = "isQuantity(string(self)) && ['1Mi', '2Mi', '4Mi', '8Mi', '16Mi', '32Mi', '64Mi', '128Mi',"
                            + " '256Mi'].exists(size, quantity(string(self)).compareTo(quantity(size)) == 0)",
                    message = "video memory is a power of two from 1Mi to 256Mi; give such a size, 16Mi for instance")
            Quantity memory) {}

    public enum VideoType {
        @JsonProperty("none")
        NONE,
        @JsonProperty("vga")
        VGA,
        @JsonProperty("virtio")
        VIRTIO,
        @JsonProperty("bochs")
        BOCHS,
        @JsonProperty("ramfb")
        RAMFB
    }
}
