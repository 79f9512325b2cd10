package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.PciScan;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Devices of a node and the classes that offer them, as a value made from one scan of the bus.
 *
 * @param groups   by group ID, in address order; includes vanished groups that pods hold
 * @param problems problems to report to an administrator, a message for each
 * @param unread   functions that are on the bus and could not be read; not in any group
 */
public record Inventory(Map<GroupId, DeviceGroup> groups, List<String> problems, List<PciScan.Unread> unread)
        implements GroupResolver {
    /** Value before the first scan. */
    public static final Inventory EMPTY = new Inventory(Map.of(), List.of(), List.of());

    public Inventory {
        groups = Collections.unmodifiableMap(new LinkedHashMap<>(groups));
        problems = List.copyOf(problems);
        unread = List.copyOf(unread);
    }

    /**
     * Assigns functions to groups and groups to classes.
     *
     * @param host    result of observing it
     * @param classes classes of the node; a group that several of them match is offered by the first by name
     * @param held    class by group ID: a group that a pod holds keeps its class until it is released, even if the classes
     *                have changed
     * @param before  the previous inventory, which has the facts of held groups that have vanished since
     */
    public static Inventory of(HostFacts host, List<DeviceClass> classes, Map<GroupId, String> held, Inventory before) {
        PciScan scan = host.scan();
        ClassMatch match = ClassMatch.of(classes);
        Bus bus = Bus.of(host);
        List<String> problems = new ArrayList<>(match.problems());
        Map<GroupId, DeviceGroup> groups = new TreeMap<>();
        for (List<PciFunction> group : byIommuGroup(scan.functions())) {
            List<PciFunction> members =
                    group.stream().filter(member -> !member.chipset()).toList();
            if (!members.isEmpty()) {
                DeviceGroup made = group(group, members, bus, match, held, problems);
                groups.put(made.id(), made);
            }
        }
        held.forEach((id, deviceClass) -> groups.computeIfAbsent(
                id, vanished -> DeviceGroup.vanished(vanished, deviceClass, before.groups.get(vanished))));
        return new Inventory(groups, problems, scan.unread());
    }

    /** Returns the functions of a group that a guest gets; empty also while the group cannot be passed through. */
    @Override
    public Optional<AssignableGroup> functions(GroupId groupId) {
        return Optional.ofNullable(groups.get(groupId))
                .filter(DeviceGroup::viable)
                .map(group -> new AssignableGroup(
                        group.passed().stream().map(PciFunction::address).toList(),
                        group.iommuGroup(),
                        group.numaNode()));
    }

    /** Returns the group with this endpoint function; empty when there is none on the bus. */
    public Optional<DeviceGroup> containing(PciAddress address) {
        return groups.values().stream()
                .filter(DeviceGroup::present)
                .filter(group -> group.members().stream()
                        .anyMatch(member -> member.address().equals(address)))
                .findFirst();
    }

    /** Returns whether an IOMMU group has members that could not be read. */
    public boolean unread(@Nullable Integer iommuGroup) {
        return iommuGroup != null
                && unread.stream().anyMatch(function -> Objects.equals(function.iommuGroup(), iommuGroup));
    }

    private static Collection<List<PciFunction>> byIommuGroup(List<PciFunction> functions) {
        Map<Object, List<PciFunction>> groups = new LinkedHashMap<>();
        functions.stream().sorted(Comparator.comparing(PciFunction::address)).forEach(function -> {
            Object key = function.iommuGroup() == null ? function.address() : function.iommuGroup();
            groups.computeIfAbsent(key, any -> new ArrayList<>()).add(function);
        });
        return groups.values();
    }

    private static DeviceGroup group(
            List<PciFunction> group,
            List<PciFunction> members,
            Bus bus,
            ClassMatch match,
            Map<GroupId, String> held,
            List<String> problems) {
        PciFunction main = main(members, held.keySet());
        GroupId id = new GroupId(main.address());
        String deviceClass = held.get(id);
        if (deviceClass == null) {
            deviceClass = match.classOf(id, members, problems);
        }
        boolean companions = match.withCompanions(deviceClass);
        List<PciFunction> blockers = group.stream().filter(Viability::blocks).toList();
        PciAddress gpuOnSameBoard = bus.boards().gpuOnSameBoard(members).orElse(null);
        boolean matters = deviceClass != null || DeviceGroup.ofInterest(members, gpuOnSameBoard);
        return new DeviceGroup(
                id,
                main.iommuGroup(),
                true,
                members,
                members.stream()
                        .filter(PciFunction::opensForVm)
                        .filter(member -> companions || member == main)
                        .sorted(Comparator.comparing(member -> member != main))
                        .toList(),
                deviceClass,
                blockers,
                Viability.message(
                        new Viability.Case(
                                main,
                                members,
                                blockers,
                                bus.unread(main.iommuGroup()),
                                matters ? bus.host().use() : HostUse.UNSEEN),
                        bus::function,
                        bus.host().readiness(),
                        deviceClass != null),
                gpuOnSameBoard);
    }

    /**
     * Returns the main function. A group that a pod holds keeps its main function, also when a better one has been added.
     */
    private static PciFunction main(List<PciFunction> members, Set<GroupId> held) {
        return members.stream()
                .filter(member -> held.contains(new GroupId(member.address())))
                .findFirst()
                .or(() -> members.stream().filter(PciFunction::display).findFirst())
                .orElseGet(members::getFirst);
    }

    /** Facts about the rest of the bus that the check of one group requires. */
    private record Bus(HostFacts host, Map<PciAddress, PciFunction> functions, GpuBoards boards) {
        static Bus of(HostFacts host) {
            Map<PciAddress, PciFunction> functions = new HashMap<>();
            host.scan().functions().forEach(function -> functions.put(function.address(), function));
            return new Bus(host, functions, GpuBoards.of(host.scan().functions()));
        }

        Optional<PciFunction> function(PciAddress address) {
            return Optional.ofNullable(functions.get(address));
        }

        List<PciAddress> unread(@Nullable Integer iommuGroup) {
            return host.scan().unread().stream()
                    .filter(function -> iommuGroup != null && iommuGroup.equals(function.iommuGroup()))
                    .map(PciScan.Unread::address)
                    .toList();
        }
    }
}
