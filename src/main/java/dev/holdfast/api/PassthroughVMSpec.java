package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
import io.fabric8.generator.annotation.ValidationRule;
import io.fabric8.kubernetes.api.model.Affinity;
import io.fabric8.kubernetes.api.model.LocalObjectReference;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.Toleration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The machine that the user wants. Leaf names mean what they mean in KubeVirt.
 *
 * <p>Every pattern here keeps commas and blanks out of what ends on QEMU's command line.
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughVMSpec(
        @JsonPropertyDescription(
                "Always: started again, with back-off, whenever it does not run. Halted: powered off and kept off.")
        @Nullable
        @Default("Always")
        RunStrategy runStrategy,

        @JsonPropertyDescription("The virtual mainboard.") @Nullable
        Machine machine,

        @JsonPropertyDescription("How the guest starts: SeaBIOS, or a Linux kernel directly. SeaBIOS when absent.")
        @Nullable
        Firmware firmware,

        @JsonPropertyDescription("The virtual CPUs: cores × sockets × threads of them.") @Nullable
        Cpu cpu,

        @JsonPropertyDescription("The guest's RAM and how its locking is limited.") @Required
        Memory memory,

        @JsonPropertyDescription("What the guest gets besides CPU and RAM. At least one gpu or host device.") @Required
        Devices devices,

        @JsonPropertyDescription("As in a Pod.") @Nullable Map<String, String> nodeSelector,
        @JsonPropertyDescription("As in a Pod.") @Nullable Affinity affinity,

        @JsonPropertyDescription("As in a Pod.") @Nullable @Size(max = 64)
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
        String launcherImage) {

    /** When the machine shall run. */
    public enum RunStrategy {
        /** Whenever it does not, it is started again, with back-off. */
        Always,
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

    /** How the guest starts; at most one of the two, SeaBIOS without any. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Firmware(
            @JsonPropertyDescription("SeaBIOS; the default.") @Nullable
            Bios bios,

            @JsonPropertyDescription("Start a Linux kernel from a container image, without a boot loader.") @Nullable
            KernelBoot kernelBoot) {}

    /** SeaBIOS. */
    public record Bios() {}

    /** A Linux kernel started directly, from a container image. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record KernelBoot(
            @JsonPropertyDescription("The kernel's command line.") @Nullable @Size(max = 2048) @Pattern("^[ -~]*$")
            String kernelArgs,

            @JsonPropertyDescription("The image with the kernel.") @Required
            KernelContainer container) {}

    /** Where the kernel is: paths inside an image, without {@code ..}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record KernelContainer(
            @JsonPropertyDescription("A container image; mounted read-only as an image volume.")
            @Required
            @Size(min = 1, max = 512)
            String image,

            @JsonPropertyDescription("Absolute path of the kernel in the image.")
            @Required
            @Size(max = 512)
            @Pattern("^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$")
            String kernelPath,

            @JsonPropertyDescription("Absolute path of the initrd in the image.")
            @Nullable
            @Size(max = 512)
            @Pattern("^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$")
            String initrdPath) {}

    /**
     * Virtual CPUs: cores × sockets × threads of them.
     */
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
            @Pattern("^[A-Za-z0-9][A-Za-z0-9_.-]*$")
            String model) {}

    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Memory(
            @JsonPropertyDescription("What the guest sees as its RAM, at least 1Mi.") @Required
            Quantity guest,

            @JsonPropertyDescription("How RLIMIT_MEMLOCK of QEMU is found.") @Nullable
            Memlock memlock) {}

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
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Devices(
            @JsonPropertyDescription("GPUs; each entry is one whole IOMMU group of the node.") @Nullable @Size(max = 32)
            List<HostDevice> gpus,

            @JsonPropertyDescription("Other PCI devices; each entry is one whole IOMMU group of the node.")
            @Nullable
            @Size(max = 32)
            List<HostDevice> hostDevices,

            @JsonPropertyDescription(
                    "An IOMMU for the guest. Each device then has an address space of its own, and the limit grows with them.")
            @Nullable
            Iommu iommu,

            @JsonPropertyDescription("The emulated display, besides the GPUs.") @Nullable
            Video video) {}

    /**
     * One whole IOMMU group of the node.
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record HostDevice(
            @JsonPropertyDescription("Unique over gpus and hostDevices; status.devices names it again.")
            @Required
            @Size(min = 1, max = 63)
            @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
            String name,

            @JsonPropertyDescription(
                    "Extended resource of a PassthroughDeviceClass: holdfast.dev/ and the name of the class.")
            @Required
            @Size(max = 76)
            @Pattern("^holdfast\\.dev/[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
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
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Video(
            @JsonPropertyDescription("none, vga, virtio, bochs or ramfb.") @Nullable @Default("none")
            VideoType type,

            @JsonPropertyDescription(
                    "Framebuffer of vga (from 1Mi) and bochs (from 4Mi): a power of two up to 256Mi; 16Mi when absent.")
            @Nullable
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
