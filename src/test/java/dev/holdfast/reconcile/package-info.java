@NullMarked
package dev.holdfast.reconcile;

import org.jspecify.annotations.NullMarked;
