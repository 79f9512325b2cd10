/** What happens inside the VM's pod before QEMU takes the process over. */
@NullMarked
package dev.holdfast.launch;

import org.jspecify.annotations.NullMarked;
