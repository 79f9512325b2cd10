package dev.holdfast.plan.machine;

import dev.holdfast.api.vm.network.Protocol;
import dev.holdfast.qemu.shape.QemuNic;
import java.util.List;
import java.util.Optional;

/**
 * An emulated network card on the pod's network.
 *
 * @param macAddress in lower case; empty for one that is derived from the VM's UID
 */
public record NetworkCard(String name, QemuNic.Model model, String macAddress, List<Port> ports) {
    public NetworkCard {
        ports = List.copyOf(ports);
    }

    /**
     * A port of the guest that is exposed as a port of the pod.
     *
     * @param label port name, for the targetPort of a Service; empty for none
     */
    public record Port(String label, int number, Protocol protocol) {
        public Optional<String> name() {
            return Optional.of(label).filter(name -> !name.isEmpty());
        }
    }

    public Optional<String> givenMacAddress() {
        return Optional.of(macAddress).filter(address -> !address.isEmpty());
    }
}
