/** Main loop of the agent: observe the node, offer devices, report. */
@NullMarked
package dev.holdfast.agent.loop;

import org.jspecify.annotations.NullMarked;
