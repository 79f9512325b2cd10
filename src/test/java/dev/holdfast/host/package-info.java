@NullMarked
package dev.holdfast.host;

import org.jspecify.annotations.NullMarked;

