/** Decoding of what the API server sends: a part that cannot be decoded costs its own object alone. */
@NullMarked
package dev.holdfast.reconcile.decode;

import org.jspecify.annotations.NullMarked;
