/** A DRA driver of another vendor, as a program on a node. */
@NullMarked
package dev.holdfast.testbed.played;

import org.jspecify.annotations.NullMarked;
