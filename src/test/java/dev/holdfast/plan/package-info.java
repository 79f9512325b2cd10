@NullMarked
package dev.holdfast.plan;

import org.jspecify.annotations.NullMarked;

