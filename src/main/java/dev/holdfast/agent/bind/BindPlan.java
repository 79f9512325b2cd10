package dev.holdfast.agent.bind;

import dev.holdfast.agent.DeviceClass;
import dev.holdfast.agent.DeviceGroup;
import dev.holdfast.agent.Inventory;
import dev.holdfast.host.PciFunction;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What is to be bound and what to be given back: from what there is, who may have it and what is remembered. */
final class BindPlan {
    private BindPlan() {}

    /**
     * In the order of the groups, first what is to be given back.
     *
     * @param classes    of this node
     * @param held       IDs of groups and addresses of functions that somebody has: these are left alone
     * @param remembered what was bound
     */
    static List<BindAction> of(
            Inventory inventory, List<DeviceClass> classes, Set<String> held, Collection<BoundGroup> remembered) {
        Map<String, DeviceClass> binding = classes.stream()
                .filter(DeviceClass::binds)
                .collect(Collectors.toMap(DeviceClass::name, Function.identity()));
        List<BindAction> actions = new ArrayList<>();
        remembered.stream()
                .filter(bound -> inventory.groups().values().stream()
                        .noneMatch(group -> binds(group, binding) && shares(group, bound)))
                .map(BindAction.Restore::new)
                .forEach(actions::add);
        inventory.groups().values().stream()
                .filter(DeviceGroup::present)
                .flatMap(group -> Stream.ofNullable(binding.get(Objects.requireNonNullElse(group.deviceClass(), "")))
                        .map(deviceClass -> new BindAction.Bind(group, deviceClass)))
                .filter(bind -> !bind.moved().isEmpty())
                .forEach(actions::add);
        actions.removeIf(action -> action.heldBy(held));
        return actions;
    }

    private static boolean binds(DeviceGroup group, Map<String, DeviceClass> binding) {
        return group.present() && group.deviceClass() != null && binding.containsKey(group.deviceClass());
    }

    private static boolean shares(DeviceGroup group, BoundGroup bound) {
        return group.members().stream()
                .map(PciFunction::address)
                .anyMatch(address -> bound.former(address).isPresent());
    }
}
