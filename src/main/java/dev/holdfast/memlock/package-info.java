/**
 * The calculator of the memlock limit that VFIO requires, term by term. Pure arithmetic, independent of Kubernetes and
 * of QEMU's options.
 */
@NullMarked
package dev.holdfast.memlock;

import org.jspecify.annotations.NullMarked;
