/** The QEMU Machine Protocol: its client, and the orderly shutdown. */
@NullMarked
package dev.holdfast.qemu.qmp;

import org.jspecify.annotations.NullMarked;
