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
import java.util.function.Predicate;
import java.util.stream.Collectors;

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
     * @param classes  classes of this node
     * @param byPlugin class of each group that pods hold by a device plugin, by group ID
     * @param byClaim  class of each group that pods hold by a claim, by group ID
     */
    static ClassPaths of(List<DeviceClass> classes, Map<GroupId, String> byPlugin, Map<GroupId, String> byClaim) {
        Set<String> claimed = new HashSet<>();
        Map<String, String> waiting = new TreeMap<>();
        for (DeviceClass deviceClass : classes) {
            String name = deviceClass.name();
            boolean wanted = deviceClass.allocation() == Allocation.DRA;
            Optional<GroupId> held = first(name, wanted ? byPlugin : byClaim);
            held.ifPresent(id -> waiting.put(
                    name,
                    ("a pod holds %s of device class %s by %s, but the allocation of the class is %s; its free devices"
                                    + " are offered once such pods have ended, or when the former allocation is set again")
                            .formatted(
                                    id,
                                    name,
                                    wanted ? "a device plugin" : "a ResourceClaim",
                                    deviceClass.allocation())));
            if (wanted == held.isEmpty()) {
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
     * Decides the path of each class.
     *
     * @param held   class of each group that pods hold, by group ID
     * @param claims returns whether a claim has a held group
     */
    static ClassPaths of(List<DeviceClass> classes, Map<GroupId, String> held, Predicate<GroupId> claims) {
        Map<Boolean, Map<GroupId, String>> byClaim = held.entrySet().stream()
                .collect(Collectors.partitioningBy(
                        entry -> claims.test(entry.getKey()),
                        Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue)));
        return of(classes, byClaim.getOrDefault(false, Map.of()), byClaim.getOrDefault(true, Map.of()));
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
