@NullMarked
package dev.holdfast.user;

import org.jspecify.annotations.NullMarked;
