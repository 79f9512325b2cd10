/** The machine that a spec describes, typed, with defaults applied and without nulls, or the causes why it is invalid. Pure. */
@NullMarked
package dev.holdfast.plan.machine;

import org.jspecify.annotations.NullMarked;
