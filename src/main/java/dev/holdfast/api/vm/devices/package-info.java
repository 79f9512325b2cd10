/** Devices of a spec, passed through and emulated. One file per object of the schema. */
@NullMarked
package dev.holdfast.api.vm.devices;

import org.jspecify.annotations.NullMarked;
