package dev.holdfast.agent.bind;

import dev.holdfast.host.pci.PciDrivers;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.VfioDrivers;
import dev.holdfast.inventory.NodeReadiness;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/** The conditions of a change of drivers that take no look at the processes of the node. */
record BindPreconditions(PciDrivers drivers) {
    /** Returns what prevents an action; empty when nothing known at once does. {@link DeviceUseCheck} looks for the rest. */
    Optional<BindOutcome> obstacle(BindAction action) {
        if (action instanceof BindAction.Forget) {
            return Optional.empty();
        }
        if (!drivers.writable()) {
            return failed(
                    action,
                    action instanceof BindAction.Bind bind
                            ? "device class " + bind.deviceClass().name()
                                    + " says binding: Bind, but this agent may not"
                                    + " change drivers, so " + bind.groupId() + " stays as it is; "
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
                        bind.groupId() + " shares its IOMMU group with a part of the chipset that its driver keeps ("
                                + bind.chipset().stream()
                                        .map(BindPreconditions::nameWithDriver)
                                        .collect(Collectors.joining(", "))
                                + "); move the card to another slot");
            }
            if (bind.inVain() != null) {
                return failed(
                        action, bind.groupId() + " keeps its driver, since no VM could have it: " + bind.inVain());
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
