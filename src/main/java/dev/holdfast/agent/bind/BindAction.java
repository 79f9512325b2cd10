package dev.holdfast.agent.bind;

import dev.holdfast.agent.DeviceClass;
import dev.holdfast.agent.DeviceGroup;
import dev.holdfast.host.PciAddress;
import dev.holdfast.host.PciFunction;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** What is to be done to a whole group. Two that are equal were decided from the same facts. */
sealed interface BindAction {
    String groupId();

    /** The functions that it is about. */
    List<PciAddress> addresses();

    /** Gives every function of the group to vfio-pci. */
    record Bind(DeviceGroup group, DeviceClass deviceClass) implements BindAction {
        private static final List<String> LEFT_ALONE = List.of("vfio-pci", "pci-stub");

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
         * function, without which there is nothing to offer.
         */
        List<PciFunction> moved() {
            return group.members().stream()
                    .filter(member -> member.driver() == null
                            || !LEFT_ALONE.contains(member.driver())
                            || member.address().equals(group.id()) && !"vfio-pci".equals(member.driver()))
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
            return bound.functions().stream().map(FormerDriver::address).toList();
        }
    }

    /** Whether any of these holds the group or a function of it. */
    default boolean heldBy(Set<String> held) {
        return Stream.concat(Stream.of(groupId()), addresses().stream().map(PciAddress::toString))
                .anyMatch(held::contains);
    }
}
