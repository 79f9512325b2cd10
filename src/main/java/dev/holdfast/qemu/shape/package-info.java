/** The machine that QEMU emulates, as data. Has no facts that are known on the node only. */
@NullMarked
package dev.holdfast.qemu.shape;

import org.jspecify.annotations.NullMarked;
