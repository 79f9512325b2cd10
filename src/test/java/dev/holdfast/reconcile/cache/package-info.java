@NullMarked
package dev.holdfast.reconcile.cache;

import org.jspecify.annotations.NullMarked;
