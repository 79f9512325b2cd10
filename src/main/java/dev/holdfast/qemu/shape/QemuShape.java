package dev.holdfast.qemu.shape;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.holdfast.memlock.MemlockInput;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All facts of a machine that are known before it has a node. The operator writes it as JSON into the container's args,
 * which cannot be changed after the pod was created; the launcher adds the facts of the node.
 *
 * @param namespace      namespace of the VM; with the name it identifies the VM in the launcher's request
 * @param uuid           SMBIOS UUID of the machine: the VM's UID
 * @param allowEmulation whether TCG is used where /dev/kvm cannot be, instead of refusing
 * @param tcgBufferBytes size of TCG's code cache when emulating
 * @param cpuModel       host-passthrough, or a model of QEMU
 * @param kernel         null to boot from devices
 * @param videoBytes     size of the framebuffer, null for the model's default
 * @param iommu          IOMMU of the guest, null for none; with one only the main function of each device is passed through
 * @param devices        names of the passed-through devices in the spec's order; each gets a root port of its own
 * @param options        options of the machine
 * @param disks          in the spec's order
 * @param nics           in the spec's order
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record QemuShape(
        String namespace,
        String name,
        String uuid,
        boolean allowEmulation,
        long tcgBufferBytes,
        String cpuModel,
        int sockets,
        int cores,
        int threads,
        long memoryBytes,
        @Nullable Kernel kernel,
        MemlockInput.Video video,
        @Nullable Long videoBytes,
        @Nullable Iommu iommu,
        List<String> devices,
        MachineOptions options,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<QemuDisk> disks,
        @JsonInclude(JsonInclude.Include.NON_EMPTY) List<QemuNic> nics) {
    public QemuShape {
        devices = List.copyOf(devices);
        options = options == null ? MachineOptions.PLAIN : options;
        // JSON omits empty components.
        disks = disks == null ? List.of() : List.copyOf(disks);
        nics = nics == null ? List.of() : List.copyOf(nics);
    }

    /** A virtual IOMMU. */
    public enum Iommu {
        INTEL,
        VIRTIO
    }

    /**
     * A Linux kernel started directly.
     *
     * @param image  absolute path in the container
     * @param initrd absolute path in the container, null for none
     * @param args   the kernel's command line
     */
    @JsonInclude(JsonInclude.Include.NON_NULL)
    public record Kernel(String image, @Nullable String initrd, String args) {}
}
