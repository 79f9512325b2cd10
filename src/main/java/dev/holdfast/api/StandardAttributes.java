package dev.holdfast.api;

/**
 * Kubernetes' own attributes of devices in ResourceSlices, by which claims match devices of several drivers
 * (k8s.io/dynamic-resource-allocation/deviceattribute).
 */
public final class StandardAttributes {
    private static final String DOMAIN = "resource.kubernetes.io/";

    /** Address of a PCI function: domain:bus:device.function. */
    public static final String PCI_BUS_ID = DOMAIN + "pciBusID";

    /** Root complex above the function, such as {@code pci0000:64}. */
    public static final String PCIE_ROOT = DOMAIN + "pcieRoot";

    /** NUMA node of the device. */
    public static final String NUMA_NODE = DOMAIN + "numaNode";

    private StandardAttributes() {}
}
