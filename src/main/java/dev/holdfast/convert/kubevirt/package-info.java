/** Reads KubeVirt's VirtualMachine and its relatives. */
@NullMarked
package dev.holdfast.convert.kubevirt;

import org.jspecify.annotations.NullMarked;
