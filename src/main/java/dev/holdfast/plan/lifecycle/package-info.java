/** Decisions about a VM, from the observed state to an action and a status. Pure. */
@NullMarked
package dev.holdfast.plan.lifecycle;

import org.jspecify.annotations.NullMarked;
