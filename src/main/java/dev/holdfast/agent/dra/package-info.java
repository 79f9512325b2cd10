/**
 * Driver for Dynamic Resource Allocation (DRA): prepares the devices of ResourceClaims for the pods of this node, and
 * reports their health to the kubelet.
 */
@NullMarked
package dev.holdfast.agent.dra;

import org.jspecify.annotations.NullMarked;
