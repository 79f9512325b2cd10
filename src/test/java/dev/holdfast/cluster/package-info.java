/**
 * A real control plane (etcd, kube-apiserver, kube-controller-manager, kube-scheduler) and what is proven against it:
 * {@code make cluster-test}.
 */
@NullMarked
package dev.holdfast.cluster;

import org.jspecify.annotations.NullMarked;
