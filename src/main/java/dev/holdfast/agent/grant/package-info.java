/** Grants: handler, registry, limit setter, and the monitor of locked memory. */
@NullMarked
package dev.holdfast.agent.grant;

import org.jspecify.annotations.NullMarked;
