/** What the kubelet and the container runtime see of an agent: device plugins, CDI specs, and who holds what. */
@NullMarked
package dev.holdfast.agent.plugin;

import org.jspecify.annotations.NullMarked;
