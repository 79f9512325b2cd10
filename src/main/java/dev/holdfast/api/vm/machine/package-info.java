/**
 * Parts of a spec that describe the machine: firmware, CPU, memory, clock and features. One file per object of the
 * schema.
 */
@NullMarked
package dev.holdfast.api.vm.machine;

import org.jspecify.annotations.NullMarked;
