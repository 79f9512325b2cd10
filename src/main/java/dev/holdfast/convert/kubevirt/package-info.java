/** Readers of KubeVirt's VirtualMachine and related kinds. */
@NullMarked
package dev.holdfast.convert.kubevirt;

import org.jspecify.annotations.NullMarked;
