@NullMarked
package dev.holdfast.convert.draft;

import org.jspecify.annotations.NullMarked;
