@NullMarked
package dev.holdfast.user.why;

import org.jspecify.annotations.NullMarked;
