/** Decoding of the API server's answers: a part that cannot be decoded affects only its own object. */
@NullMarked
package dev.holdfast.reconcile.decode;

import org.jspecify.annotations.NullMarked;
