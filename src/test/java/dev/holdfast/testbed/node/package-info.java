/** The node with a real kubelet and containerd, and the VMs on it. */
@NullMarked
package dev.holdfast.testbed.node;

import org.jspecify.annotations.NullMarked;
