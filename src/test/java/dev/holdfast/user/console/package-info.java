@NullMarked
package dev.holdfast.user.console;

import org.jspecify.annotations.NullMarked;
