/**
 * Socket of the agent for launchers: accepts connections, bounds them and reads requests. Every peer is treated as
 * hostile.
 */
@NullMarked
package dev.holdfast.agent.grant.server;

import org.jspecify.annotations.NullMarked;
