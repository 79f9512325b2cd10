package dev.holdfast.agent.bind;

import dev.holdfast.host.pci.PciDrivers;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.VfioDrivers;
import dev.holdfast.inventory.NodeReadiness;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** Preconditions of a change of drivers that can be checked without reading the processes of the node. */
record BindPreconditions(PciDrivers drivers) {
    /**
     * Returns the obstacle to an action; empty when none is known at once. {@link DeviceUseCheck} checks the use of the
     * devices.
     */
    Optional<BindOutcome> obstacle(BindAction action) {
        if (action instanceof BindAction.Forget) {
            return Optional.empty();
        }
        if (!drivers.writable()) {
            return failed(
                    action,
                    action instanceof BindAction.Bind bind
                            ? "device class " + bind.deviceClass().name()
                                    + " has binding: Bind, but this agent may not"
                                    + " change drivers, so " + bind.groupId() + " keeps its driver; "
                                    + PciDrivers.NEEDS_OVERLAY
                            : action.groupId() + " cannot be given back; " + PciDrivers.NEEDS_OVERLAY);
        }
        if (action instanceof BindAction.Bind bind) {
            if (!drivers.hasDriver(VfioDrivers.GENERIC)) {
                return failed(action, bind.groupId() + " cannot be bound: " + NodeReadiness.NO_VFIO);
            }
            if (bind.group().iommuGroup() == null) {
                return failed(action, Objects.requireNonNull(bind.group().message()));
            }
            if (!bind.chipset().isEmpty()) {
                return failed(
                        action,
                        bind.groupId()
                                + " shares its IOMMU group with a part of the chipset, which is not taken from its driver ("
                                + bind.chipset().stream()
                                        .map(BindPreconditions::nameWithDriver)
                                        .collect(Collectors.joining(", "))
                                + "); move the card to another slot");
            }
            if (bind.obstacle() != null) {
                return failed(
                        action, bind.groupId() + " keeps its driver, since no VM could use it: " + bind.obstacle());
            }
        }
        return Optional.empty();
    }

    private static String nameWithDriver(PciFunction function) {
        return function.address() + " with " + function.driver();
    }

    private static Optional<BindOutcome> failed(BindAction action, String message) {
        return Optional.of(BindOutcome.failed(action, message));
    }
}
