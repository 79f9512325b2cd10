/** The PassthroughVM that an import creates, and its YAML. */
@NullMarked
package dev.holdfast.convert.draft;

import org.jspecify.annotations.NullMarked;
