package dev.holdfast.agent.bind;

import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.VfioDrivers;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.pci.GroupId;
import dev.holdfast.pci.PciAddress;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Action on a whole group. Equal actions were planned from the same facts. */
sealed interface BindAction {
    GroupId groupId();

    /** Returns the functions that the action affects. */
    List<PciAddress> addresses();

    /**
     * Binds every function of the group to vfio-pci.
     *
     * @param obstacle reason why no VM could use the group afterwards; null when none is known
     */
    record Bind(
            DeviceGroup group,
            DeviceClass deviceClass,
            @Nullable String obstacle) implements BindAction {
        @Override
        public GroupId groupId() {
            return group.id();
        }

        @Override
        public List<PciAddress> addresses() {
            return group.members().stream().map(PciFunction::address).toList();
        }

        /**
         * Returns the functions to bind. A function that an administrator bound to pci-stub does no harm and is left
         * there, unless it is the main function, without which no device can be offered. A function on a VFIO variant
         * driver is always left there.
         */
        List<PciFunction> moved() {
            return group.members().stream()
                    .filter(member -> !member.needsItsDriver())
                    .filter(member -> member.driver() == null
                            || !VfioDrivers.leavesGroupFree(member.driver())
                            || member.address().equals(group.id().main())
                                    && !VfioDrivers.GENERIC.equals(member.driver()))
                    .toList();
        }

        /**
         * Returns functions of the chipset whose driver keeps the group from being passed through. Chipset functions
         * are never bound.
         */
        List<PciFunction> chipset() {
            return group.blockers().stream().filter(PciFunction::chipset).toList();
        }
    }

    /** Gives back a bound group. */
    record Restore(BoundGroup bound) implements BindAction {
        @Override
        public GroupId groupId() {
            return bound.id();
        }

        @Override
        public List<PciAddress> addresses() {
            return bound.addresses();
        }
    }

    /** Forgets a bound group that is no longer on the bus: the kernel selects a driver for it as for any new device. */
    record Forget(BoundGroup bound) implements BindAction {
        @Override
        public GroupId groupId() {
            return bound.id();
        }

        @Override
        public List<PciAddress> addresses() {
            return bound.addresses();
        }
    }

    /**
     * Returns whether a function of the group is held.
     *
     * @param held main functions of held groups, and functions of grants
     */
    default boolean heldBy(Set<PciAddress> held) {
        return Stream.concat(Stream.of(groupId().main()), addresses().stream()).anyMatch(held::contains);
    }
}
