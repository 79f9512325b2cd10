package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.argv.NodeFacts.Accelerator;
import dev.holdfast.qemu.shape.MachineOptions.Hyperv;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.List;
import java.util.Set;

/** Command line options of the processors: their model and features. */
final class CpuArgv {
    /** Names of the host's processor model in KubeVirt and libvirt, and in QEMU. */
    private static final Set<String> HOST = Set.of("host-passthrough", "host");

    /**
     * Hyper-V features that Windows uses and every KVM since Linux 4.17 has (QEMU docs/system/i386/hyperv.rst); synic
     * requires vpindex, and stimer requires synic and time.
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
            // Without KVM there is nothing to hide, and only KVM has Hyper-V's interfaces.
            return host ? "max" : QemuArgv.escape(shape.cpuModel());
        }
        // QEMU's own models have 40 address bits by default, too few for the BARs of several large GPUs.
        StringBuilder model = new StringBuilder(host ? "host" : QemuArgv.escape(shape.cpuModel()));
        model.append(",host-phys-bits=on");
        Integer translated = node.iommuAddressBits();
        if (translated != null && (node.addressBits() == null || translated < node.addressBits())) {
            // OVMF places its window at the end of the address space that the processor reports.
            model.append(",host-phys-bits-limit=").append(translated);
        }
        if (shape.options().hidesKvm()) {
            model.append(",kvm=off");
        }
        Hyperv hyperv = shape.options().hyperv();
        if (hyperv != null) {
            model.append(",").append(String.join(",", ENLIGHTENMENTS));
            if (hyperv.vendorId() != null) {
                model.append(",hv-vendor-id=").append(QemuArgv.escape(hyperv.vendorId()));
            }
        }
        return model.toString();
    }
}
