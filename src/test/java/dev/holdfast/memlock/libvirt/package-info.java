@NullMarked
package dev.holdfast.memlock.libvirt;

import org.jspecify.annotations.NullMarked;
