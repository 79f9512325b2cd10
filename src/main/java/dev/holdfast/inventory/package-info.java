/** Devices of a host: classes, IOMMU groups, viability, and the readiness of the node. Independent of the agent. */
@NullMarked
package dev.holdfast.inventory;

import org.jspecify.annotations.NullMarked;
