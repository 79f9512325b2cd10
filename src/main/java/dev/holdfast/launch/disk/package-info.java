/** Disks of the VM, created and checked in its pod before QEMU starts. */
@NullMarked
package dev.holdfast.launch.disk;

import org.jspecify.annotations.NullMarked;
