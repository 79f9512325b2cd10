/** What shall be: from a spec and what the nodes report to the pod, the QEMU shape and the status. Pure. */
@NullMarked
package dev.holdfast.plan;

import org.jspecify.annotations.NullMarked;

