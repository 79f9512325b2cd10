/** The PassthroughVM of the API: what its user writes and what the operator reports. One file per object of the schema. */
@NullMarked
package dev.holdfast.api.vm;

import org.jspecify.annotations.NullMarked;
