/** How many bytes: the limit that VFIO needs, term by term. Pure arithmetic; knows neither Kubernetes nor QEMU's options. */
@NullMarked
package dev.holdfast.memlock;

import org.jspecify.annotations.NullMarked;
