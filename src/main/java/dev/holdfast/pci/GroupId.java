package dev.holdfast.pci;

import java.util.Comparator;
import java.util.Optional;

/**
 * ID of an IOMMU group as Holdfast offers it to the kubelet and reports it: the address of its main function, which is
 * its first display-class function, otherwise the lowest. Never the group's number in the kernel, which may change at
 * a reboot.
 *
 * @param main address of the main function
 */
public record GroupId(PciAddress main) implements Comparable<GroupId> {
    private static final Comparator<GroupId> BUS_ORDER = Comparator.comparing(GroupId::main);

    /**
     * Parses an ID. Only the text that {@link #toString} returns is one: to the kubelet, another spelling of the address
     * is another device.
     *
     * @return empty for all other text, such as an ID of another device plugin
     */
    public static Optional<GroupId> parse(String text) {
        return PciAddress.canonical(text).map(GroupId::new);
    }

    @Override
    public int compareTo(GroupId other) {
        return BUS_ORDER.compare(this, other);
    }

    /** Returns the ID as the kubelet and the API have it. */
    @Override
    public String toString() {
        return main.toString();
    }
}
