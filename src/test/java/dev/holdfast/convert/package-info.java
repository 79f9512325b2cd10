@NullMarked
package dev.holdfast.convert;

import org.jspecify.annotations.NullMarked;
