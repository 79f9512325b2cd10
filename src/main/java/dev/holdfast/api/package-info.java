/** The names, reasons and text rules that all objects of {@code holdfast.dev/v1alpha1} share. */
@NullMarked
package dev.holdfast.api;

import org.jspecify.annotations.NullMarked;
