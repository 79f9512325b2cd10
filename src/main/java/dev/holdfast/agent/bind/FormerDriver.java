package dev.holdfast.agent.bind;

import dev.holdfast.pci.PciAddress;
import org.jspecify.annotations.Nullable;

/**
 * State of a function before it was bound.
 *
 * @param driver   former driver; null for none
 * @param override former driver_override; null for none
 */
record FormerDriver(
        PciAddress address,
        @Nullable String driver,
        @Nullable String override) {}
