/** What is in the way of a VM, as a tree: {@link dev.holdfast.user.why.WhyReader} reads, everything else is pure. */
@NullMarked
package dev.holdfast.user.why;

import org.jspecify.annotations.NullMarked;
