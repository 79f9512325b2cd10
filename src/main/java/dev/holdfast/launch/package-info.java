/** Preparation in the VM's pod before QEMU replaces the launcher. */
@NullMarked
package dev.holdfast.launch;

import org.jspecify.annotations.NullMarked;
