/** ResourceSlices of this node: the devices of classes that Dynamic Resource Allocation offers, as the scheduler sees them. */
@NullMarked
package dev.holdfast.agent.slice;

import org.jspecify.annotations.NullMarked;
