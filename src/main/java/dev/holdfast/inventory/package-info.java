/** The devices of a host: classes, IOMMU groups, viability, and the readiness of the node. Needs no agent. */
@NullMarked
package dev.holdfast.inventory;

import org.jspecify.annotations.NullMarked;
