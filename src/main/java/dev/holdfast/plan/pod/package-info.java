/** The pod and the QEMU shape of a machine. Pure and total: what the operator does not allow is a value, not an exception. */
@NullMarked
package dev.holdfast.plan.pod;

import org.jspecify.annotations.NullMarked;
