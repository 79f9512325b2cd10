@NullMarked
package dev.holdfast.convert.tree;

import org.jspecify.annotations.NullMarked;
