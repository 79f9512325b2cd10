package dev.holdfast.agent.loop;

import dev.holdfast.inventory.AssignableGroup;
import dev.holdfast.inventory.CurrentInventory;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.inventory.GroupResolver;
import dev.holdfast.inventory.Inventory;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import java.io.IOException;
import java.time.Instant;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * IOMMU groups that can be assigned to a VM: those that were viable at the last observation of the node, and that
 * respond. Not thread-safe, except for {@link #functions}, {@link #read} and {@link
 * #respond}.
 */
public final class AssignableGroups implements GroupResolver, CurrentInventory {
    private final NodeObserver node;
    private final Quarantine quarantine;

    /** IDs of the groups that were free after the last round. */
    private Set<GroupId> freeBefore = Set.of();

    public AssignableGroups(NodeObserver node, Quarantine quarantine) {
        this.node = node;
        this.quarantine = quarantine;
    }

    /**
     * {@inheritDoc}
     *
     * <p>The device is read now, too: there may have been no round between the end of one VM and the start of the next.
     */
    @Override
    public Optional<AssignableGroup> functions(GroupId groupId) {
        return node.inventory().functions(groupId).filter(group -> quarantine.answer(group.functions()));
    }

    @Override
    public Inventory read() throws IOException {
        return node.look();
    }

    @Override
    public boolean respond(Collection<PciAddress> functions) {
        return quarantine.answer(functions);
    }

    /**
     * Checks whether groups that have become free respond; in the first call all free groups. Groups that are not on
     * vfio-pci belong to the host: they are neither woken up nor reset.
     *
     * @param inUse  returns whether a pod, a grant or an attempt to bind has a group
     * @param resets whether all devices that pods and grants hold are known; before that, a reset could affect a VM
     */
    void check(Predicate<GroupId> inUse, boolean resets) {
        Map<GroupId, DeviceGroup> free = free(node.inventory(), inUse);
        free.forEach((id, group) -> {
            if (!freeBefore.contains(id)) {
                quarantine.check(group);
            }
        });
        if (resets) {
            quarantine.resetDue(free);
        }
        freeBefore = Set.copyOf(free.keySet());
    }

    private static Map<GroupId, DeviceGroup> free(Inventory inventory, Predicate<GroupId> inUse) {
        Map<GroupId, DeviceGroup> free = new TreeMap<>();
        inventory.groups().forEach((id, group) -> {
            if (group.present() && group.viable() && group.deviceClass() != null && !inUse.test(id)) {
                free.put(id, group);
            }
        });
        return free;
    }

    /** Returns the reason why a group that does not respond is not offered, by its ID. */
    Map<GroupId, String> quarantined() {
        return quarantine.messages();
    }

    /** Returns the time of the next reset; empty if none is due. */
    Optional<Instant> nextReset() {
        return quarantine.nextTry();
    }
}
