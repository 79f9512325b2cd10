package dev.holdfast.agent.slice;

import dev.holdfast.agent.slice.SliceDevice.Attribute;
import dev.holdfast.agent.slice.SliceDevice.Capacity;
import dev.holdfast.api.StandardAttributes;
import dev.holdfast.host.pci.Bar;
import dev.holdfast.host.pci.PciFunction;
import dev.holdfast.host.pci.Sriov;
import dev.holdfast.inventory.DeviceGroup;
import dev.holdfast.pci.DeviceName;
import dev.holdfast.pci.PciAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Makes the device of a slice from a group. Pure.
 *
 * <p>Attributes describe the main function. Those without a domain are Holdfast's and have the spelling that users know
 * from NVIDIA's driver; those of {@code resource.kubernetes.io} are Kubernetes' own, by which claims match devices of
 * several drivers.
 */
public final class DeviceAttributes {
    private static final String UNKNOWN_ID = "0000";

    /** Maximum length of a string, in bytes (DeviceAttributeMaxValueLength of the API). */
    private static final int MAX_BYTES = 64;

    private static final String UNITS = "KMGTPE";
    private static final int BITS_PER_UNIT = 10;

    private DeviceAttributes() {}

    /**
     * Returns the device of a group.
     *
     * @param group       group with a class, on the bus
     * @param hasVfioNode returns whether a function has its own device node of VFIO, which iommufd requires
     */
    public static SliceDevice of(DeviceGroup group, Predicate<PciAddress> hasVfioNode) {
        PciFunction main =
                group.main().orElseThrow(() -> new IllegalArgumentException(group.id() + " is not on the bus"));
        Map<String, Attribute> attributes = new TreeMap<>();
        put(attributes, "deviceClass", group.deviceClass());
        put(attributes, "vendorID", "0x" + main.vendorID());
        put(attributes, "deviceID", "0x" + main.deviceID());
        if (!UNKNOWN_ID.equals(main.subsystemVendorID())) {
            put(attributes, "subsystemVendorID", "0x" + main.subsystemVendorID());
            put(attributes, "subsystemDeviceID", "0x" + main.subsystemID());
        }
        put(attributes, "classCode", "0x" + main.classCode());
        put(attributes, "iommuGroup", group.iommuGroup());
        attributes.put("companions", Attribute.of(Math.max(0, group.passed().size() - 1)));
        put(attributes, "productName", main.description());
        attributes.put("isVF", Attribute.of(main.sriov() instanceof Sriov.Virtual));
        put(attributes, "driver", main.driver());
        put(attributes, "resetMethod", main.resetMethods().stream().findFirst().orElse(null));
        attributes.put("iommufd", Attribute.of(hasVfioNode.test(main.address())));
        put(attributes, StandardAttributes.PCI_BUS_ID, main.address().toString());
        put(attributes, StandardAttributes.PCIE_ROOT, main.pcieRoot());
        put(attributes, StandardAttributes.NUMA_NODE, main.numaNode());
        return new SliceDevice(DeviceName.of(group.id()), attributes, capacity(group));
    }

    private static void put(Map<String, Attribute> attributes, String name, @Nullable String text) {
        if (text != null && !text.isEmpty()) {
            attributes.put(name, Attribute.of(bounded(text)));
        }
    }

    private static void put(Map<String, Attribute> attributes, String name, @Nullable Integer number) {
        if (number != null) {
            attributes.put(name, Attribute.of(number.longValue()));
        }
    }

    /** Returns the text, cut to the maximum between two characters. */
    private static String bounded(String text) {
        StringBuilder cut = new StringBuilder();
        int[] bytes = {0};
        text.codePoints()
                .mapToObj(Character::toString)
                .takeWhile(next -> (bytes[0] += next.getBytes(StandardCharsets.UTF_8).length) <= MAX_BYTES)
                .forEach(cut::append);
        return cut.toString();
    }

    /** Returns the memory of the device as the processor sees it: the largest prefetchable BAR that the guest gets. */
    private static Map<String, Capacity> capacity(DeviceGroup group) {
        return group.passed().stream()
                .flatMap(function -> function.bars().stream())
                .filter(bar -> bar.prefetchable() && bar.type() != Bar.Type.io)
                .mapToLong(Bar::sizeBytes)
                .max()
                .stream()
                .mapToObj(bytes -> Map.of("memory", new Capacity(quantity(bytes))))
                .findFirst()
                .orElse(Map.of());
    }

    /** Returns the quantity of a power of two in its canonical form, which the API server does not change. */
    private static String quantity(long bytes) {
        int unit = Long.numberOfTrailingZeros(bytes) / BITS_PER_UNIT;
        return unit == 0
                ? Long.toString(bytes)
                : (bytes >> unit * BITS_PER_UNIT) + UNITS.substring(unit - 1, unit) + "i";
    }
}
