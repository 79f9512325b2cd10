package dev.holdfast.agent.bind;

import dev.holdfast.host.pci.PciAddress;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.VfioDrivers;
import dev.holdfast.inventory.DeviceClass;
import dev.holdfast.inventory.DeviceGroup;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What is to be done to a whole group. Two that are equal were decided from the same facts. */
sealed interface BindAction {
    String groupId();

    /** The functions that it is about. */
    List<PciAddress> addresses();

    /**
     * Gives every function of the group to vfio-pci.
     *
     * @param inVain why nobody could have the group then, a sentence; null when nothing is known to be in the way
     */
    record Bind(
            DeviceGroup group,
            DeviceClass deviceClass,
            @Nullable String inVain) implements BindAction {
        @Override
        public String groupId() {
            return group.id().toString();
        }

        @Override
        public List<PciAddress> addresses() {
            return group.members().stream().map(PciFunction::address).toList();
        }

        /**
         * Those that are to be moved. What an administrator put on pci-stub does no harm there and stays, but for the main
         * function, without which there is nothing to offer. What VFIO has by a driver made for the device stays in any
         * case.
         */
        List<PciFunction> moved() {
            return group.members().stream()
                    .filter(member -> !member.needsItsDriver())
                    .filter(member -> member.driver() == null
                            || !VfioDrivers.leavesGroupFree(member.driver())
                            || member.address().equals(group.id()) && !VfioDrivers.GENERIC.equals(member.driver()))
                    .toList();
        }

        /** Functions of the chipset whose driver keeps the group from being passed through: nobody takes those away. */
        List<PciFunction> chipset() {
            return group.blockers().stream().filter(PciFunction::chipset).toList();
        }
    }

    /** Gives back what was bound. */
    record Restore(BoundGroup bound) implements BindAction {
        @Override
        public String groupId() {
            return bound.id();
        }

        @Override
        public List<PciAddress> addresses() {
            return bound.addresses();
        }
    }

    /** Forgets what was bound and is not on the bus any more: the kernel gives to its like what it gives to any. */
    record Forget(BoundGroup bound) implements BindAction {
        @Override
        public String groupId() {
            return bound.id();
        }

        @Override
        public List<PciAddress> addresses() {
            return bound.addresses();
        }
    }

    /** Whether any of these holds the group or a function of it. */
    default boolean heldBy(Set<String> held) {
        return Stream.concat(Stream.of(groupId()), addresses().stream().map(PciAddress::toString))
                .anyMatch(held::contains);
    }
}
