/**
 * Native calls and what uses them: sockets, polling, pidfds, uevents. Other packages access the kernel only through files.
 */
@NullMarked
package dev.holdfast.host.kernel;

import org.jspecify.annotations.NullMarked;
