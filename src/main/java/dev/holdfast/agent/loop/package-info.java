/** The agent's one loop: look, offer, report. */
@NullMarked
package dev.holdfast.agent.loop;

import org.jspecify.annotations.NullMarked;
