/** The devices of a spec, those that are passed through among them. One file per object of the schema. */
@NullMarked
package dev.holdfast.api.vm.devices;

import org.jspecify.annotations.NullMarked;
