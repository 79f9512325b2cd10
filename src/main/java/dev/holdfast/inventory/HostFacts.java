package dev.holdfast.inventory;

import dev.holdfast.host.pci.PciScan;

/**
 * What one look at a host found.
 *
 * @param scan     the functions on its bus
 * @param platform the host as a whole
 * @param use      what the host does with a function, looked at only where it matters
 */
public record HostFacts(PciScan scan, NodeReadiness platform, HostUse use) {}
