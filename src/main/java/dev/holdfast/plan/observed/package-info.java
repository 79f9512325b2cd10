/** Objects read from the API server, without nulls: absent parts are empty. Pure. */
@NullMarked
package dev.holdfast.plan.observed;

import org.jspecify.annotations.NullMarked;
