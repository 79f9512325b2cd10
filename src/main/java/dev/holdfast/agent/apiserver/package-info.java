/**
 * The few calls that the agent makes to the API server. A full client would do, and did; its models and its operations
 * took a third of the agent's memory on every node (docs/decisions/0017-the-agent-has-a-client-of-its-own.md).
 */
@NullMarked
package dev.holdfast.agent.apiserver;

import org.jspecify.annotations.NullMarked;
