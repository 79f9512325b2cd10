/** Command line of QEMU, made from the shape and the facts of the node. */
@NullMarked
package dev.holdfast.qemu.argv;

import org.jspecify.annotations.NullMarked;
