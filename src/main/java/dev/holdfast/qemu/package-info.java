/** How QEMU is told: the shape of a machine, its command line, and QMP. Knows neither Kubernetes nor this node. */
@NullMarked
package dev.holdfast.qemu;

import org.jspecify.annotations.NullMarked;

