/** The machine that a spec describes: defaults applied, typed, without nulls; or why there is none. Pure. */
@NullMarked
package dev.holdfast.plan.machine;

import org.jspecify.annotations.NullMarked;
