package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.shape.MachineOptions.Hyperv;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.List;
import java.util.Set;

/** The processors on the command line: which they are, and what they tell the guest. */
final class CpuArgv {
    /** KubeVirt's and libvirt's name for the host's own processor, and QEMU's. */
    private static final Set<String> HOST = Set.of("host-passthrough", "host");

    /**
     * What Windows likes and every KVM since Linux 4.17 has (QEMU docs/system/i386/hyperv.rst); synic needs vpindex, and
     * stimer needs synic and time.
     */
    private static final List<String> ENLIGHTENMENTS = List.of(
            "hv-relaxed",
            "hv-vapic",
            "hv-spinlocks=0x1fff",
            "hv-vpindex",
            "hv-runtime",
            "hv-time",
            "hv-synic",
            "hv-stimer",
            "hv-frequencies",
            "hv-reset");

    private CpuArgv() {}

    static List<String> of(QemuShape shape, NodeFacts node) {
        int cpus = shape.sockets() * shape.cores() * shape.threads();
        return List.of(
                "-cpu",
                model(shape, node),
                "-smp",
                "cpus=%d,sockets=%d,cores=%d,threads=%d"
                        .formatted(cpus, shape.sockets(), shape.cores(), shape.threads()));
    }

    private static String model(QemuShape shape, NodeFacts node) {
        boolean host = HOST.contains(shape.cpuModel());
        if (node.accelerator() == Accelerator.TCG) {
            // No KVM is there to be hidden, and Hyper-V's interfaces are KVM's.
            return host ? "max" : QemuArgv.escape(shape.cpuModel());
        }
        // A model of QEMU's own has 40 address bits unless told, too few for the BARs of several large GPUs.
        StringBuilder model = new StringBuilder(host ? "host" : QemuArgv.escape(shape.cpuModel()));
        model.append(",host-phys-bits=on");
        Integer translated = node.iommuAddressBits();
        if (translated != null && (node.addressBits() == null || translated < node.addressBits())) {
            // OVMF places its window at the end of what the processor says that it can address.
            model.append(",host-phys-bits-limit=").append(translated);
        }
        if (shape.board().hidesKvm()) {
            model.append(",kvm=off");
        }
        Hyperv hyperv = shape.board().hyperv();
        if (hyperv != null) {
            model.append(",").append(String.join(",", ENLIGHTENMENTS));
            if (hyperv.vendorId() != null) {
                model.append(",hv-vendor-id=").append(QemuArgv.escape(hyperv.vendorId()));
            }
        }
        return model.toString();
    }
}
