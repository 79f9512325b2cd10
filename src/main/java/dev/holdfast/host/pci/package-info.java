/** PCI functions as shown by sysfs. The root directory is injected, so that tests can use trees of their own. */
@NullMarked
package dev.holdfast.host.pci;

import org.jspecify.annotations.NullMarked;
