/** The PassthroughVM that is being made, and its YAML. */
@NullMarked
package dev.holdfast.convert.draft;

import org.jspecify.annotations.NullMarked;
