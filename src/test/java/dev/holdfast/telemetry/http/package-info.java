/** The health server against strangers: floods, slow readers and what is not HTTP. */
@NullMarked
package dev.holdfast.telemetry.http;

import org.jspecify.annotations.NullMarked;
