/** The pod and the QEMU shape of a machine. Pure and total: a refusal is a value, not an exception. */
@NullMarked
package dev.holdfast.plan.pod;

import org.jspecify.annotations.NullMarked;
