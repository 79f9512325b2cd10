/** Tests that need a real kernel with VFIO: the whole chain in the virtual node. */
@NullMarked
package dev.holdfast.virtualnode;

import org.jspecify.annotations.NullMarked;
