/**
 * The embedded cluster of the demo and the tests: an API server, and stand-ins for scheduler, garbage collector,
 * DaemonSet controller and kubelet. They meet only through the API server and unix sockets, as the real ones do.
 */
@NullMarked
package dev.holdfast.embedded;

import org.jspecify.annotations.NullMarked;

