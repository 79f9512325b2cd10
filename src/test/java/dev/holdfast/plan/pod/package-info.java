@NullMarked
package dev.holdfast.plan.pod;

import org.jspecify.annotations.NullMarked;
