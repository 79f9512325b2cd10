/** Binding of devices to vfio-pci and back to their former drivers: plan, actions and their outcomes. */
@NullMarked
package dev.holdfast.agent.bind;

import org.jspecify.annotations.NullMarked;
