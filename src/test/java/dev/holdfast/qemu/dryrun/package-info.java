@NullMarked
package dev.holdfast.qemu.dryrun;

import org.jspecify.annotations.NullMarked;
