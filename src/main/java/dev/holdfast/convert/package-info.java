/** Turns a KubeVirt VM or a libvirt domain into a PassthroughVM, and lists what has no place in one. Pure: text in, YAML and notes out. */
@NullMarked
package dev.holdfast.convert;

import org.jspecify.annotations.NullMarked;
