package dev.holdfast.agent.bind;

import dev.holdfast.host.pci.PciScan;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.inventory.NodeReadiness;
import dev.holdfast.pci.PciAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Plan of the groups to bind and to give back, from the inventory, the held groups and the recorded bindings. */
final class BindPlan {
    private final Inventory inventory;
    private final NodeReadiness readiness;

    /** Device classes of the node that bind, by name. */
    private final Map<String, DeviceClass> binding;

    /** Groups on the bus that could be read, by the addresses of their functions. */
    private final Map<PciAddress, DeviceGroup> present = new HashMap<>();

    private BindPlan(Inventory inventory, NodeReadiness readiness, List<DeviceClass> classes) {
        this.inventory = inventory;
        this.readiness = readiness;
        binding = classes.stream()
                .filter(DeviceClass::binds)
                .collect(Collectors.toMap(DeviceClass::name, Function.identity()));
        inventory.groups().values().stream()
                .filter(DeviceGroup::present)
                .forEach(group -> group.members().forEach(member -> present.put(member.address(), group)));
    }

    /**
     * Plans actions in the order of the groups; groups to give back come first.
     *
     * @param classes    device classes of this node
     * @param held       main functions of held groups, and functions of grants: they are not changed
     * @param remembered recorded bindings
     */
    static List<BindAction> of(
            Inventory inventory,
            NodeReadiness readiness,
            List<DeviceClass> classes,
            Set<PciAddress> held,
            Collection<BoundGroup> remembered) {
        BindPlan plan = new BindPlan(inventory, readiness, classes);
        List<BindAction> actions = new ArrayList<>();
        remembered.stream().flatMap(bound -> plan.undone(bound).stream()).forEach(actions::add);
        inventory.groups().values().stream()
                .filter(DeviceGroup::present)
                .flatMap(group -> plan.bind(group).stream())
                .filter(bind -> !bind.moved().isEmpty())
                .forEach(actions::add);
        actions.removeIf(action -> action.heldBy(held));
        return actions;
    }

    private Optional<BindAction.Bind> bind(DeviceGroup group) {
        return bindingClass(group).map(deviceClass -> new BindAction.Bind(group, deviceClass, obstacle(group)));
    }

    private Optional<DeviceClass> bindingClass(DeviceGroup group) {
        return Optional.ofNullable(binding.get(Objects.requireNonNullElse(group.deviceClass(), "")));
    }

    private @Nullable String obstacle(DeviceGroup group) {
        return inventory.unread(group.iommuGroup()) ? group.message() : readiness.obstacle();
    }

    /**
     * Returns the action that undoes a binding. When a function of the group is gone or cannot be read, a class that
     * binds may match nothing of the group only for that reason: the other functions wait for that function, or for the
     * end of the class.
     */
    private Optional<BindAction> undone(BoundGroup bound) {
        List<DeviceGroup> found = bound.addresses().stream()
                .flatMap(address -> Stream.ofNullable(present.get(address)))
                .toList();
        if (unread(bound, found)
                || found.stream().anyMatch(group -> bindingClass(group).isPresent())) {
            return Optional.empty();
        }
        if (found.isEmpty()) {
            return Optional.of(new BindAction.Forget(bound));
        }
        boolean whole = present.containsKey(bound.id().main())
                && found.size() == bound.functions().size();
        return whole || !binding.containsKey(bound.deviceClass())
                ? Optional.of(new BindAction.Restore(bound))
                : Optional.empty();
    }

    private boolean unread(BoundGroup bound, List<DeviceGroup> found) {
        return inventory.unread().stream()
                        .map(PciScan.Unread::address)
                        .anyMatch(address -> address.equals(bound.id().main())
                                || bound.former(address).isPresent())
                || found.stream().anyMatch(group -> inventory.unread(group.iommuGroup()));
    }
}
