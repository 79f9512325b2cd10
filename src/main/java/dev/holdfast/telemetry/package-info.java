/** Meters with their labels, and Events. */
@NullMarked
package dev.holdfast.telemetry;

import org.jspecify.annotations.NullMarked;
