/** Reads what a query of Prometheus selects. */
@NullMarked
package dev.holdfast.monitoring.query;

import org.jspecify.annotations.NullMarked;
