package dev.holdfast.qemu.argv;

import dev.holdfast.qemu.shape.QemuNic;
import dev.holdfast.qemu.shape.QemuNic.Port;
import dev.holdfast.qemu.shape.QemuShape;
import java.util.List;

/**
 * Command line options of a network card. Its backend is QEMU's user network, which requires no privilege: the guest has the
 * address 10.0.2.15, uses the DNS server 10.0.2.3, which forwards to the pod's, and reaches other hosts with the pod's
 * address.
 */
final class NicArgv {
    /** Maximum length of a host name in DHCP; some clients truncate longer ones. */
    private static final int HOSTNAME_LENGTH = 63;

    private NicArgv() {}

    static List<String> backend(int index, QemuShape shape, NodeFacts node) {
        // Without characters that would end the option; the API server refuses such names.
        String name = shape.name().replaceFirst("\\..*$", "").replaceAll("[^A-Za-z0-9-]", "");
        StringBuilder backend = new StringBuilder("user,id=net" + index + ",ipv6=off,hostname="
                + name.substring(0, Math.min(name.length(), HOSTNAME_LENGTH)));
        node.searchDomains().forEach(domain -> backend.append(",dnssearch=").append(domain));
        for (Port port : shape.nics().get(index).ports()) {
            // At every address of the pod: kubectl port-forward connects to its loopback address.
            backend.append(",hostfwd=%s::%d-:%d".formatted(port.udp() ? "udp" : "tcp", port.number(), port.number()));
        }
        return List.of("-netdev", backend.toString());
    }

    /**
     * Returns the device without its option ROM, which would be memory that VFIO maps, and is used only for network boot.
     */
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
