/** Sets the stage for the demo and for the tests that need a real kernel: host processes and the virtual node. */
@NullMarked
package dev.holdfast.stage;

import org.jspecify.annotations.NullMarked;

