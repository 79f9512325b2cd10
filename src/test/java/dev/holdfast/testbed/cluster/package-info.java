/** The real control plane, and Holdfast installed on it. */
@NullMarked
package dev.holdfast.testbed.cluster;

import org.jspecify.annotations.NullMarked;
