/** The machine that QEMU is to emulate, as data. Contains nothing that only the node knows. */
@NullMarked
package dev.holdfast.qemu.shape;

import org.jspecify.annotations.NullMarked;
