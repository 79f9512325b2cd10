/** The operator under many VMs: a real control plane, played nodes, and what was measured of them. */
@NullMarked
package dev.holdfast.bench.scale;

import org.jspecify.annotations.NullMarked;
