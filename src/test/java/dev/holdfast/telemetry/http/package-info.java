/** Tests of the health server against floods, slow readers and invalid requests. */
@NullMarked
package dev.holdfast.telemetry.http;

import org.jspecify.annotations.NullMarked;
