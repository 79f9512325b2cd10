/** Grants: the handler, the registry of who holds which limit, the limit setter and the monitor of locked memory. */
@NullMarked
package dev.holdfast.agent.grant;

import org.jspecify.annotations.NullMarked;
