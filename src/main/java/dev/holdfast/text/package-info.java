/** Quoting of foreign text in Holdfast's own texts. */
@NullMarked
package dev.holdfast.text;

import org.jspecify.annotations.NullMarked;
