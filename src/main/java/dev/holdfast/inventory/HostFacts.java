package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciScan;

/**
 * Result of one observation of a host.
 *
 * @param scan     the functions on its bus
 * @param readiness the host as a whole
 * @param use      uses of a function by the host, determined only where required
 */
public record HostFacts(PciScan scan, NodeReadiness readiness, HostUse use) {}
