/** Every meter with its tags, and the health endpoints. */
@NullMarked
package dev.holdfast.telemetry;

import org.jspecify.annotations.NullMarked;
