/** Leader election with a Lease. */
@NullMarked
package dev.holdfast.leader;

import org.jspecify.annotations.NullMarked;
