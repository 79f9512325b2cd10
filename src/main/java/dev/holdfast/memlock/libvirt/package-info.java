/**
 * Reader of a libvirt domain, as {@code virsh dumpxml} prints it, into the calculator's input. The XML is untrusted.
 */
@NullMarked
package dev.holdfast.memlock.libvirt;

import org.jspecify.annotations.NullMarked;
