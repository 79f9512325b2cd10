/** The decision on a grant request, from facts alone. Pure. */
@NullMarked
package dev.holdfast.agent.grant.decision;

import org.jspecify.annotations.NullMarked;
