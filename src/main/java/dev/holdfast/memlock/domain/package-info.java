/** Reads a libvirt domain, as {@code virsh dumpxml} prints it, into the calculator's input. The XML may come from strangers. */
@NullMarked
package dev.holdfast.memlock.domain;

import org.jspecify.annotations.NullMarked;
