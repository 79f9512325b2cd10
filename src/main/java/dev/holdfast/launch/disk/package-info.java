/** Disks of the VM, made and looked at in its pod before QEMU starts. */
@NullMarked
package dev.holdfast.launch.disk;

import org.jspecify.annotations.NullMarked;
