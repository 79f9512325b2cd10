package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.shape.QemuNic;
import dev.holdfast.qemu.shape.QemuNic.Port;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.List;

/**
 * A network card on the command line. Behind it is QEMU's user network, which needs no privilege: the guest is 10.0.2.15,
 * asks 10.0.2.3 for names, which asks whom the pod asks, and leaves the pod with the pod's address.
 */
final class NicArgv {
    /** A host's name in DHCP; longer ones are cut by some clients. */
    private static final int HOSTNAME_LENGTH = 63;

    private NicArgv() {}

    static List<String> backend(int index, QemuShape shape, NodeFacts node) {
        // Without what would end the option; the API server lets no such name in.
        String name = shape.name().replaceFirst("\\..*$", "").replaceAll("[^A-Za-z0-9-]", "");
        StringBuilder backend = new StringBuilder("user,id=net" + index + ",ipv6=off,hostname="
                + name.substring(0, Math.min(name.length(), HOSTNAME_LENGTH)));
        node.searchDomains().forEach(domain -> backend.append(",dnssearch=").append(domain));
        for (Port port : shape.nics().get(index).ports()) {
            // At every address of the pod: kubectl port-forward comes to its loopback.
            backend.append(",hostfwd=%s::%d-:%d".formatted(port.udp() ? "udp" : "tcp", port.number(), port.number()));
        }
        return List.of("-netdev", backend.toString());
    }

    /** Without its option ROM, which would be memory that VFIO maps, and of use only for a boot from the network. */
    static String device(int index, QemuNic nic, String bus) {
        return "%s,id=nic-%s,netdev=net%d,bus=%s,mac=%s,romfile="
                .formatted(
                        nic.model() == QemuNic.Model.VIRTIO ? "virtio-net-pci" : "e1000e",
                        nic.name(),
                        index,
                        bus,
                        nic.mac());
    }
}
