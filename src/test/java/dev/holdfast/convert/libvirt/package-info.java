@NullMarked
package dev.holdfast.convert.libvirt;

import org.jspecify.annotations.NullMarked;
