package dev.holdfast.agent.bind;

import dev.holdfast.host.pci.PciAddress;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * A group that the agent has bound, or has begun to: what is remembered of it.
 *
 * @param id          of the group, a PCI address
 * @param deviceClass for which it was bound
 * @param functions   those that were moved; others of the group were on vfio-pci already and are nobody's here to restore
 * @param time        of the attempt
 */
record BoundGroup(String id, String deviceClass, List<FormerDriver> functions, Instant time) {
    BoundGroup {
        functions = List.copyOf(functions);
    }

    Optional<FormerDriver> former(PciAddress address) {
        return functions.stream()
                .filter(function -> function.address().equals(address))
                .findFirst();
    }

    List<PciAddress> addresses() {
        return functions.stream().map(FormerDriver::address).toList();
    }

    String sentence() {
        return id + " is bound to vfio-pci for the device class " + deviceClass + "; when no class binds it any more, "
                + functions.stream()
                        .map(function -> function.address() + " goes back to "
                                + Objects.requireNonNullElse(function.driver(), "no driver"))
                        .collect(Collectors.joining(" and "));
    }
}
