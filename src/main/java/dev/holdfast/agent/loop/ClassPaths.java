package dev.holdfast.agent.loop;

import dev.holdfast.api.deviceclass.PassthroughDeviceClassSpec.Allocation;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.pci.GroupId;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Paths by which pods get the devices of the classes of this node: one for each class. A class whose allocation has been
 * changed stays on its former path, without a new offer, until no pod holds a device by that path. Pure.
 *
 * @param claimed classes whose devices pods get by ResourceClaims
 * @param waiting message by class that waits for pods on its former path
 */
record ClassPaths(Set<String> claimed, Map<String, String> waiting) {
    /**
     * Decides the path of each class.
     *
     * @param classes classes of this node
     * @param held    groups that pods hold
     */
    static ClassPaths of(List<DeviceClass> classes, HeldGroups.Held held) {
        Set<String> claimed = new HashSet<>();
        Map<String, String> waiting = new TreeMap<>();
        for (DeviceClass deviceClass : classes) {
            String name = deviceClass.name();
            boolean wanted = deviceClass.allocation() == Allocation.DRA;
            Optional<GroupId> other = first(name, wanted ? held.byPlugin() : held.byClaim());
            other.ifPresent(id -> waiting.put(
                    name,
                    ("a pod holds %s of device class %s by %s, but the allocation of the class is %s; its free devices"
                                    + " are offered once such pods have ended, or when the former allocation is set again")
                            .formatted(
                                    id,
                                    name,
                                    wanted ? "a device plugin" : "a ResourceClaim",
                                    deviceClass.allocation())));
            if (wanted == other.isEmpty()) {
                claimed.add(name);
            }
        }
        return new ClassPaths(Set.copyOf(claimed), waiting);
    }

    private static Optional<GroupId> first(String deviceClass, Map<GroupId, String> held) {
        return held.entrySet().stream()
                .filter(entry -> entry.getValue().equals(deviceClass))
                .map(Map.Entry::getKey)
                .sorted()
                .findFirst();
    }

    /**
     * Returns the messages of free groups that are not offered because of the path of their class, by group ID.
     *
     * @param held      IDs of the groups that pods hold
     * @param notServed message why there are no ResourceSlices; empty when there are
     */
    Map<GroupId, String> messages(Inventory inventory, Set<GroupId> held, Optional<String> notServed) {
        Map<GroupId, String> messages = new TreeMap<>();
        inventory.groups().forEach((id, group) -> {
            String deviceClass = group.deviceClass();
            if (deviceClass != null && !held.contains(id)) {
                Optional.ofNullable(waiting.get(deviceClass))
                        .or(() -> notServed.filter(any -> byClaim(deviceClass)))
                        .ifPresent(message -> messages.put(id, message));
            }
        });
        return messages;
    }

    /** Returns whether pods get the devices of a class by ResourceClaims. */
    boolean byClaim(String deviceClass) {
        return claimed.contains(deviceClass);
    }
}
