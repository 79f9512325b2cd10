/**
 * The embedded cluster: the fabric8 mock API server with what it lacks, a scheduler, a garbage collector and
 * DaemonSets.
 */
@NullMarked
package dev.holdfast.testbed.apiserver;

import org.jspecify.annotations.NullMarked;
