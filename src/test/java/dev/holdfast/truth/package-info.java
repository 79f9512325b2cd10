/** {@code make kernel-truth}: what the kernel really charges, beside what is computed, for every kind of machine. */
@NullMarked
package dev.holdfast.truth;

import org.jspecify.annotations.NullMarked;
