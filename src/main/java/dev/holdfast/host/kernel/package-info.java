/** Native calls, and what stands on them: sockets, polling, pidfds, uevents. The only door to the kernel but files. */
@NullMarked
package dev.holdfast.host.kernel;

import org.jspecify.annotations.NullMarked;
