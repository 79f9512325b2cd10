/** Dynamic Resource Allocation as the kubelet does it: drivers that register, and claims that they prepare. */
@NullMarked
package dev.holdfast.testbed.kubelet.claim;

import org.jspecify.annotations.NullMarked;
