/** The commands, and the wiring of their components. */
@NullMarked
package dev.holdfast.app;

import org.jspecify.annotations.NullMarked;
