/** The reconciler: observes, plans, applies and reports. */
@NullMarked
package dev.holdfast.reconcile;

import org.jspecify.annotations.NullMarked;
