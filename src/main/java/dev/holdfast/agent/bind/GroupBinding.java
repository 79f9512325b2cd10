package dev.holdfast.agent.bind;

import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.PciDrivers;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.VfioDrivers;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Does to one group what was decided: the whole group or, when a function cannot be moved, nothing of it. May wait for as
 * long as a driver does not let go.
 */
final class GroupBinding {
    private static final String VFIO = VfioDrivers.GENERIC;

    private final PciDrivers drivers;
    private final BindingsFile bindings;

    GroupBinding(PciDrivers drivers, BindingsFile bindings) {
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
            return BindOutcome.failed(bind, "nothing of " + bind.groupId() + " was bound: " + e.getMessage());
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

    /** As remembered, when an attempt was cut off in the middle: what is found then is that attempt's own work. */
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
                            + " at it afterwards; the node's kernel log (dmesg) may say why");
        }
    }

    private String rollback(String groupId, @Nullable BoundGroup before, List<FormerDriver> touched) {
        List<String> failures = new ArrayList<>();
        for (FormerDriver function : touched.reversed()) {
            try {
                giveBack(function);
            } catch (IOException e) {
                failures.add(e.getMessage());
            }
        }
        if (!failures.isEmpty()) {
            return "of what was done before, " + String.join("; and ", failures);
        }
        try {
            if (before == null) {
                bindings.forget(groupId);
            } else {
                bindings.remember(before);
            }
        } catch (IOException e) {
            return Objects.toString(e.getMessage(), e.toString());
        }
        return "the group is as it was before";
    }

    private BindOutcome restore(BindAction.Restore restore) {
        List<String> failures = new ArrayList<>();
        List<String> given = new ArrayList<>();
        for (FormerDriver function : restore.bound().functions().reversed()) {
            try {
                if (ours(function)) {
                    giveBack(function);
                    given.add(function.address() + " to " + Objects.requireNonNullElse(function.driver(), "no driver"));
                }
            } catch (IOException e) {
                failures.add(Objects.toString(e.getMessage(), e.toString()));
            }
        }
        if (!failures.isEmpty()) {
            return BindOutcome.failed(restore, String.join("; and ", failures));
        }
        try {
            bindings.forget(restore.groupId());
        } catch (IOException e) {
            return BindOutcome.failed(restore, Objects.toString(e.getMessage(), e.toString()));
        }
        return BindOutcome.restored(
                restore.bound(),
                "no device class binds " + restore.groupId() + " any more; "
                        + (given.isEmpty()
                                ? "others had changed its drivers already, and nothing was left to give back"
                                : given.stream().collect(Collectors.joining(" and ", "given back: ", ""))));
    }

    private BindOutcome forget(BindAction.Forget forget) {
        try {
            bindings.forget(forget.groupId());
        } catch (IOException e) {
            return BindOutcome.failed(forget, Objects.toString(e.getMessage(), e.toString()));
        }
        return BindOutcome.gone(forget.bound());
    }

    /** What somebody else has moved since, or pulled from the bus, is not given back. */
    private boolean ours(FormerDriver function) throws IOException {
        PciAddress address = function.address();
        return drivers.present(address)
                && (drivers.override(address).equals(Optional.of(VFIO))
                        || function.driver() != null && drivers.driver(address).isEmpty());
    }

    /**
     * The override goes back only after vfio-pci has let go: it is the mark by which {@link #ours} knows, when this is cut
     * off or fails in the middle, that there is still something to give back.
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
                    + found.map(driver -> "the driver " + driver + " has it").orElse("no driver took it")
                    + " instead of "
                    + wanted + "; load " + wanted + " (modprobe) or see the node's kernel log (dmesg)");
        }
    }
}
