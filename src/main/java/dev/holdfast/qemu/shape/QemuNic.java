package dev.holdfast.qemu.shape;

import java.util.List;

/**
 * An emulated network card on the pod's network, behind QEMU's own address translation.
 *
 * @param mac   lower case
 * @param ports ports of the guest that are forwarded from the pod
 */
public record QemuNic(String name, Model model, String mac, List<Port> ports) {
    public QemuNic {
        ports = List.copyOf(ports);
    }

    public enum Model {
        VIRTIO,
        E1000E
    }

    /** A port, with the same number in pod and guest. */
    public record Port(boolean udp, int number) {}
}
