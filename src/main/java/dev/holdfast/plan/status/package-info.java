/** The status of a VM: conditions, columns, events, and the record of the plan that is bound to a pod. Pure. */
@NullMarked
package dev.holdfast.plan.status;

import org.jspecify.annotations.NullMarked;
