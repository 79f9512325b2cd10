@NullMarked
package dev.holdfast.memlock;

import org.jspecify.annotations.NullMarked;
