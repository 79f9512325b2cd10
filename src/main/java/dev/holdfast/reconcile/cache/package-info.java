/** Reading of what the API server sends, so that of big objects only that is held which somebody uses. */
@NullMarked
package dev.holdfast.reconcile.cache;

import org.jspecify.annotations.NullMarked;
