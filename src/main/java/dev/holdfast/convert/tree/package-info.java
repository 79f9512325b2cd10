/** The input as a tree that remembers which of its parts were read. */
@NullMarked
package dev.holdfast.convert.tree;

import org.jspecify.annotations.NullMarked;
