@NullMarked
package dev.holdfast.plan.machine;

import org.jspecify.annotations.NullMarked;
