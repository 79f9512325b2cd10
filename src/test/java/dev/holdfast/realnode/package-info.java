/**
 * A node with a real kubelet and containerd, in the virtual machine, with Holdfast from its images: what only these can
 * prove.
 */
@NullMarked
package dev.holdfast.realnode;

import org.jspecify.annotations.NullMarked;
