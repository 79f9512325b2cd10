package dev.holdfast.agent.bind;

import dev.holdfast.host.pci.PciDrivers;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.VfioDrivers;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import dev.holdfast.text.FailureText;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Carries out an action on a group: on the whole group or, when one function cannot be bound, on none of it. Blocks for
 * as long as a driver does not release a function.
 */
final class DriverBinder {
    private static final String VFIO = VfioDrivers.GENERIC;

    private final PciDrivers drivers;
    private final BindingsFile bindings;

    DriverBinder(PciDrivers drivers, BindingsFile bindings) {
        this.drivers = drivers;
        this.bindings = bindings;
    }

    BindOutcome carryOut(BindAction action, Instant now) {
        return switch (action) {
            case BindAction.Bind bind -> bind(bind, now);
            case BindAction.Restore restore -> restore(restore);
            case BindAction.Forget forget -> forget(forget);
        };
    }

    private BindOutcome bind(BindAction.Bind bind, Instant now) {
        @Nullable BoundGroup before = bindings.find(bind.groupId());
        List<FormerDriver> moving = new ArrayList<>();
        BoundGroup group;
        try {
            for (PciFunction function : bind.moved()) {
                moving.add(former(function.address(), before));
            }
            group = new BoundGroup(bind.groupId(), bind.deviceClass().name(), union(before, moving), now);
            bindings.remember(group);
        } catch (IOException e) {
            return BindOutcome.failed(bind, bind.groupId() + " was not bound: " + e.getMessage());
        }
        List<FormerDriver> touched = new ArrayList<>();
        for (FormerDriver function : moving) {
            touched.add(function);
            try {
                toVfio(function.address());
            } catch (IOException e) {
                return BindOutcome.failed(
                        bind,
                        function.address() + " could not be bound to vfio-pci: " + e.getMessage() + "; "
                                + rollback(bind.groupId(), before, touched));
            }
        }
        return BindOutcome.bound(group);
    }

    /**
     * Returns the former driver of a function. The recorded one has priority: after an interrupted attempt the current
     * state is the result of that attempt.
     */
    private FormerDriver former(PciAddress address, @Nullable BoundGroup before) throws IOException {
        Optional<FormerDriver> known = before == null ? Optional.empty() : before.former(address);
        return known.isPresent()
                ? known.get()
                : new FormerDriver(
                        address,
                        drivers.driver(address).orElse(null),
                        drivers.override(address).orElse(null));
    }

    private static List<FormerDriver> union(@Nullable BoundGroup before, List<FormerDriver> moving) {
        List<FormerDriver> all = new ArrayList<>(moving);
        if (before != null) {
            before.functions().stream()
                    .filter(function -> !moving.contains(function))
                    .forEach(all::add);
        }
        return all;
    }

    private void toVfio(PciAddress address) throws IOException {
        drivers.setOverride(address, VFIO);
        drivers.unbind(address);
        drivers.probe(address);
        Optional<String> found = drivers.driver(address);
        if (!found.equals(Optional.of(VFIO))) {
            throw new IOException(
                    "found " + found.map(driver -> "driver " + driver).orElse("no driver")
                            + " afterwards; the node's kernel log (dmesg) may show the reason");
        }
    }

    private String rollback(GroupId groupId, @Nullable BoundGroup before, List<FormerDriver> touched) {
        List<String> failures = new ArrayList<>();
        for (FormerDriver function : touched.reversed()) {
            try {
                giveBack(function);
            } catch (IOException e) {
                failures.add(e.getMessage());
            }
        }
        if (!failures.isEmpty()) {
            return "not all changes were undone: " + String.join("; and ", failures);
        }
        try {
            if (before == null) {
                bindings.forget(groupId);
            } else {
                bindings.remember(before);
            }
        } catch (IOException e) {
            return FailureText.of(e);
        }
        return "the group is as it was before";
    }

    private BindOutcome restore(BindAction.Restore restore) {
        List<String> failures = new ArrayList<>();
        List<String> given = new ArrayList<>();
        for (FormerDriver function : restore.bound().functions().reversed()) {
            try {
                if (isStillBound(function)) {
                    giveBack(function);
                    given.add(function.address() + " to " + Objects.requireNonNullElse(function.driver(), "no driver"));
                }
            } catch (IOException e) {
                failures.add(FailureText.of(e));
            }
        }
        if (!failures.isEmpty()) {
            return BindOutcome.failed(restore, String.join("; and ", failures));
        }
        try {
            bindings.forget(restore.groupId());
        } catch (IOException e) {
            return BindOutcome.failed(restore, FailureText.of(e));
        }
        return BindOutcome.restored(
                restore.bound(),
                "no device class binds " + restore.groupId() + " any more; "
                        + (given.isEmpty()
                                ? "its drivers were changed by another program, and nothing had to be given back"
                                : given.stream().collect(Collectors.joining(" and ", "given back: ", ""))));
    }

    private BindOutcome forget(BindAction.Forget forget) {
        try {
            bindings.forget(forget.groupId());
        } catch (IOException e) {
            return BindOutcome.failed(forget, FailureText.of(e));
        }
        return BindOutcome.gone(forget.bound());
    }

    /**
     * Returns whether a function is still as the agent bound it. Functions that another program has bound otherwise, or
     * that have left the bus, are not given back.
     */
    private boolean isStillBound(FormerDriver function) throws IOException {
        PciAddress address = function.address();
        return drivers.present(address)
                && (drivers.override(address).equals(Optional.of(VFIO))
                        || function.driver() != null && drivers.driver(address).isEmpty());
    }

    /**
     * Gives a function back. The override is restored last: by it {@link #isStillBound} finds, after an interruption, a function that
     * still has to be given back.
     */
    private void giveBack(FormerDriver function) throws IOException {
        PciAddress address = function.address();
        @Nullable String wanted = function.driver();
        try {
            if (drivers.driver(address).equals(Optional.of(VFIO)) && !VFIO.equals(wanted)) {
                drivers.unbind(address);
            }
            drivers.setOverride(address, function.override());
            if (wanted == null) {
                return;
            }
            if (drivers.driver(address).isEmpty()) {
                drivers.probe(address);
            }
        } catch (IOException e) {
            throw new IOException(
                    address + " could not be given back to " + Objects.requireNonNullElse(wanted, "no driver") + ": "
                            + e.getMessage(),
                    e);
        }
        Optional<String> found = drivers.driver(address);
        if (!found.equals(Optional.of(wanted))) {
            throw new IOException(address + " was given back, but "
                    + found.map(driver -> "has driver " + driver).orElse("has no driver")
                    + " instead of "
                    + wanted + "; load " + wanted + " (modprobe) or see the node's kernel log (dmesg)");
        }
    }
}
