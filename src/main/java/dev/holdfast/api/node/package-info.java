/** The PassthroughNode: what the agent of a node reports. */
@NullMarked
package dev.holdfast.api.node;

import org.jspecify.annotations.NullMarked;
