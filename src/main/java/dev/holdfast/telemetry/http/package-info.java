/** The HTTP server for probes and scrapes: everything that a stranger can take of it is bounded. */
@NullMarked
package dev.holdfast.telemetry.http;

import org.jspecify.annotations.NullMarked;
