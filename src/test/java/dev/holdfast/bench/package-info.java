/** {@code make bench}: what has a budget, measured. */
@NullMarked
package dev.holdfast.bench;

import org.jspecify.annotations.NullMarked;
