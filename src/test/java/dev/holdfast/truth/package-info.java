/** {@code make kernel-truth}: the kernel's charge and the computed values, for every kind of machine. */
@NullMarked
package dev.holdfast.truth;

import org.jspecify.annotations.NullMarked;
