/** The PassthroughDeviceClass: which devices of a node belong together under one resource name. */
@NullMarked
package dev.holdfast.api.deviceclass;

import org.jspecify.annotations.NullMarked;
