/** Which devices go to vfio-pci and back to their drivers, when, and what became of it. */
@NullMarked
package dev.holdfast.agent.bind;

import org.jspecify.annotations.NullMarked;
