package dev.holdfast.agent.bind;

import dev.holdfast.host.pci.PciAddress;
import org.jspecify.annotations.Nullable;

/**
 * How a function was before it was bound.
 *
 * @param driver   null for none
 * @param override its driver_override; null for none
 */
record FormerDriver(
        PciAddress address,
        @Nullable String driver,
        @Nullable String override) {}
