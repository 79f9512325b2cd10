/** The flow: observe, plan, apply, report. */
@NullMarked
package dev.holdfast.reconcile;

import org.jspecify.annotations.NullMarked;
