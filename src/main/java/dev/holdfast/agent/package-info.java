/** Who may have it: inventory, device plugin, grants, and the report of a node. */
@NullMarked
package dev.holdfast.agent;

import org.jspecify.annotations.NullMarked;

