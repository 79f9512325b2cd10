/** Decisions on grant requests, from facts only. Pure. */
@NullMarked
package dev.holdfast.agent.grant.decision;

import org.jspecify.annotations.NullMarked;
