/** The commands and their wiring. */
@NullMarked
package dev.holdfast.app;

import org.jspecify.annotations.NullMarked;
