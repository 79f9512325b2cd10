package dev.holdfast.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import io.fabric8.generator.annotation.Default;
import io.fabric8.generator.annotation.Max;
import io.fabric8.generator.annotation.Min;
import io.fabric8.generator.annotation.Pattern;
import io.fabric8.generator.annotation.Required;
import io.fabric8.generator.annotation.Size;
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
 *
 * @param terminationGracePeriodSeconds how long the guest has to power off before QEMU is killed
 * @param launcherImage                 the image with holdfast and QEMU; the operator's own default when absent
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record PassthroughVMSpec(
        @Nullable @Default("Always") RunStrategy runStrategy,
        @Nullable Machine machine,
        @Nullable Firmware firmware,
        @Nullable Cpu cpu,
        @Required Memory memory,
        @Required Devices devices,
        @Nullable Map<String, String> nodeSelector,
        @Nullable Affinity affinity,
        @Nullable @Size(max = 64) List<Toleration> tolerations,
        @Nullable @Size(max = 253) String priorityClassName,
        @Nullable @Size(max = 253) String schedulerName,
        @Nullable @Default("180") @Min(0) @Max(86400) Long terminationGracePeriodSeconds,
        @Nullable @Size(max = 16) List<LocalObjectReference> imagePullSecrets,
        @Nullable @Size(min = 1, max = 512) String launcherImage) {

    /** When the machine shall run. */
    public enum RunStrategy {
        /** Whenever it does not, it is started again, with back-off. */
        Always,
        /** Never; a running machine is powered off. */
        Halted
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Machine(@Nullable @Default("q35") MachineType type) {}

    /** The chipset. */
    public enum MachineType {
        @JsonProperty("q35")
        Q35
    }

    /** How the guest starts; at most one of the two, SeaBIOS without any. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Firmware(@Nullable Bios bios, @Nullable KernelBoot kernelBoot) {}

    /** SeaBIOS. */
    public record Bios() {}

    /** A Linux kernel started directly, from a container image. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record KernelBoot(
            @Nullable @Size(max = 2048) @Pattern("^[ -~]*$") String kernelArgs,
            @Required KernelContainer container) {}

    /** Where the kernel is: paths inside an image, without {@code ..}. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record KernelContainer(
            @Required @Size(min = 1, max = 512) String image,

            @Required @Size(max = 512) @Pattern("^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$")
            String kernelPath,

            @Nullable @Size(max = 512) @Pattern("^(/[A-Za-z0-9_+-][A-Za-z0-9._+-]*)+$")
            String initrdPath) {}

    /**
     * Virtual CPUs: cores × sockets × threads of them.
     *
     * @param model host-passthrough, or a model that QEMU knows ({@code qemu-system-x86_64 -cpu help})
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Cpu(
            @Nullable @Default("1") @Min(1) @Max(512) Integer cores,
            @Nullable @Default("1") @Min(1) @Max(64) Integer sockets,
            @Nullable @Default("1") @Min(1) @Max(8) Integer threads,

            @Nullable @Default("host-passthrough") @Size(max = 64) @Pattern("^[A-Za-z0-9][A-Za-z0-9_.-]*$")
            String model) {}

    /**
     * @param guest what the guest sees as its RAM, at least 1Mi
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Memory(@Required Quantity guest, @Nullable Memlock memlock) {}

    /** How RLIMIT_MEMLOCK is found. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Memlock(@Nullable @Default("Exact") MemlockPolicy policy) {}

    public enum MemlockPolicy {
        /** What the kernel will charge, term by term, and a margin of 1 MiB. */
        Exact
    }

    /** Names are unique over both lists, and there is at least one device. */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Devices(
            @Nullable @Size(max = 32) List<HostDevice> gpus,
            @Nullable @Size(max = 32) List<HostDevice> hostDevices,
            @Nullable Video video) {}

    /**
     * One whole IOMMU group of the node.
     *
     * @param deviceName the extended resource of a PassthroughDeviceClass
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record HostDevice(
            @Required @Size(min = 1, max = 63) @Pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
            String name,

            @Required @Size(max = 76) @Pattern("^holdfast\\.dev/[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
            String deviceName) {}

    /**
     * The emulated display, besides the GPUs.
     *
     * @param memory of the framebuffer, for vga and bochs; a power of two from 1Mi to 256Mi; 16Mi when absent
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Video(
            @Nullable @Default("none") VideoType type,
            @Nullable Quantity memory) {}

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
