/**
 * Messages between launcher and agent: one line of JSON in each direction over a unix socket, and the location of that
 * socket.
 */
@NullMarked
package dev.holdfast.grant;

import org.jspecify.annotations.NullMarked;
