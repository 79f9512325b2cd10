/** Interfaces and networks of a spec. One file per object of the schema. */
@NullMarked
package dev.holdfast.api.vm.network;

import org.jspecify.annotations.NullMarked;
