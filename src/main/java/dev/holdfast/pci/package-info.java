/** PCI addresses and IDs of IOMMU groups. They are text only where other programs read or write them. */
@NullMarked
package dev.holdfast.pci;

import org.jspecify.annotations.NullMarked;
