/** Objects of the API server as they were read, without nulls: what an object does not say is empty. Pure. */
@NullMarked
package dev.holdfast.plan.observed;

import org.jspecify.annotations.NullMarked;
