@NullMarked
package dev.holdfast.reconcile.decode;

import org.jspecify.annotations.NullMarked;
