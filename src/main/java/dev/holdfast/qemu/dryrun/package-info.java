/** Measurement of the memory that VFIO will map, from a paused QEMU with the machine but without its devices. */
@NullMarked
package dev.holdfast.qemu.dryrun;

import org.jspecify.annotations.NullMarked;
