/** Decisions on a VM: what is observed, what to do next, what to report. Pure. */
@NullMarked
package dev.holdfast.plan.lifecycle;

import org.jspecify.annotations.NullMarked;
