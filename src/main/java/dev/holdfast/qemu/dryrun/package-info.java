/** How much VFIO will map, asked of QEMU itself before it runs: the machine without its devices, started and never run. */
@NullMarked
package dev.holdfast.qemu.dryrun;

import org.jspecify.annotations.NullMarked;
