/**
 * A stand-in for the kubelet and its container runtime, for one node: device plugins and pod resources as the kubelet
 * speaks them, pods of one container run by runc. Needs root and the virtual node; its pure parts need neither.
 */
@NullMarked
package dev.holdfast.embedded.kubelet;

import org.jspecify.annotations.NullMarked;

