/** The socket of the launchers: it accepts, bounds and reads. Every peer is treated as hostile. */
@NullMarked
package dev.holdfast.agent.grant.server;

import org.jspecify.annotations.NullMarked;
