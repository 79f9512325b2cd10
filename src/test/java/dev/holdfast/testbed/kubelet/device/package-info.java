/** The device manager of the kubelet stand-in: registration, allocation and PodResources. */
@NullMarked
package dev.holdfast.testbed.kubelet.device;

import org.jspecify.annotations.NullMarked;
