/**
 * Client for the few requests of the agent to the API server. A full client took a third of the memory of the agent on
 * every node (docs/decisions/0017-the-agent-has-a-client-of-its-own.md).
 */
@NullMarked
package dev.holdfast.agent.apiserver;

import org.jspecify.annotations.NullMarked;
