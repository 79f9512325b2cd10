/** Readers of libvirt's domain XML. */
@NullMarked
package dev.holdfast.convert.libvirt;

import org.jspecify.annotations.NullMarked;
