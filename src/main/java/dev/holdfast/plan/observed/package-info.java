/** Objects of the API server as they were read, without nulls: absent parts are empty. Pure. */
@NullMarked
package dev.holdfast.plan.observed;

import org.jspecify.annotations.NullMarked;
