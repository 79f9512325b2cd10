/** Containers of the kubelet stand-in: OCI configuration, CDI, images and runc. */
@NullMarked
package dev.holdfast.testbed.kubelet.container;

import org.jspecify.annotations.NullMarked;
