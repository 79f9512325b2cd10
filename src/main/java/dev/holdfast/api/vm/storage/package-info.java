/** Disks and volumes of a spec. One file per object of the schema. */
@NullMarked
package dev.holdfast.api.vm.storage;

import org.jspecify.annotations.NullMarked;
