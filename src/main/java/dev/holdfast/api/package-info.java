/**
 * The custom resources of {@code holdfast.dev/v1alpha1} as records, and the labels and names that Holdfast's parts
 * share. A field is here only when it works.
 */
@NullMarked
package dev.holdfast.api;

import org.jspecify.annotations.NullMarked;
