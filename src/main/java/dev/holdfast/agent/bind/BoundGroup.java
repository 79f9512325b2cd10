package dev.holdfast.agent.bind;

import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Group that the agent has bound, or has begun to bind.
 *
 * @param id          ID of the group
 * @param deviceClass device class that it was bound for
 * @param functions   functions that were bound; others of the group were on vfio-pci before and are never given back
 * @param time        time of the attempt
 */
record BoundGroup(GroupId id, String deviceClass, List<FormerDriver> functions, Instant time) {
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

    String message() {
        return id + " is bound to vfio-pci for device class " + deviceClass + "; when no class binds it any more, "
                + functions.stream()
                        .map(function -> function.address() + " is given back to "
                                + Objects.requireNonNullElse(function.driver(), "no driver"))
                        .collect(Collectors.joining(" and "));
    }
}
