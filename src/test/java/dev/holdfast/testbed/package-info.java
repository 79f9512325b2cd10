/** The stage of tests, demo and benchmarks: builds, clusters, the virtual node, and how to wait for progress. */
@NullMarked
package dev.holdfast.testbed;

import org.jspecify.annotations.NullMarked;
