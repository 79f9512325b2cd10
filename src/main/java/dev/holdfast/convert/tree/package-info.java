/** The input as a tree that records which of its parts were read. */
@NullMarked
package dev.holdfast.convert.tree;

import org.jspecify.annotations.NullMarked;
