/** The PassthroughVM: its spec, and the status that the operator writes. */
@NullMarked
package dev.holdfast.api.vm;

import org.jspecify.annotations.NullMarked;
