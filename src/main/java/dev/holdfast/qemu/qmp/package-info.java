/** Client of the QEMU Machine Protocol, and the orderly shutdown. */
@NullMarked
package dev.holdfast.qemu.qmp;

import org.jspecify.annotations.NullMarked;
