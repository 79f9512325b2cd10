/** Parsing of the API server's answers, which keeps only the fields that the operator uses. */
@NullMarked
package dev.holdfast.reconcile.cache;

import org.jspecify.annotations.NullMarked;
