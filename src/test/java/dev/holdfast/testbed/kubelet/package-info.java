/** The kubelet stand-in: it runs pods by runc. */
@NullMarked
package dev.holdfast.testbed.kubelet;

import org.jspecify.annotations.NullMarked;
