/**
 * Conversion of a KubeVirt VM or a libvirt domain to a PassthroughVM, with a note for each part that is not carried
 * over. Pure: text in, YAML and notes out.
 */
@NullMarked
package dev.holdfast.convert;

import org.jspecify.annotations.NullMarked;
