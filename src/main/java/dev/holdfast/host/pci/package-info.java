/** PCI functions as sysfs shows them. Roots are injected, so that tests bring their own trees. */
@NullMarked
package dev.holdfast.host.pci;

import org.jspecify.annotations.NullMarked;
