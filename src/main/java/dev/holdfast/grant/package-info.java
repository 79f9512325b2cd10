/** The messages between launcher and agent: one line of JSON each way over a unix socket, and where that socket is. */
@NullMarked
package dev.holdfast.grant;

import org.jspecify.annotations.NullMarked;
