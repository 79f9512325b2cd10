@NullMarked
package dev.holdfast.qemu;

import org.jspecify.annotations.NullMarked;

