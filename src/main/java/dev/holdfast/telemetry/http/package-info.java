/** HTTP server for probes and scrapes. All resources that an unknown peer can use are bounded. */
@NullMarked
package dev.holdfast.telemetry.http;

import org.jspecify.annotations.NullMarked;
