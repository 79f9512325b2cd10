/**
 * Interfaces of the agent to the kubelet and the container runtime: device plugins, CDI specifications, and the devices
 * that pods hold.
 */
@NullMarked
package dev.holdfast.agent.plugin;

import org.jspecify.annotations.NullMarked;
