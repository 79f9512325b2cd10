/** Names, reasons and text rules shared by all objects of {@code holdfast.dev/v1alpha1}. */
@NullMarked
package dev.holdfast.api;

import org.jspecify.annotations.NullMarked;
