/** Claims, device classes and slices of Dynamic Resource Allocation, as they were read. Pure. */
@NullMarked
package dev.holdfast.plan.claims;

import org.jspecify.annotations.NullMarked;
