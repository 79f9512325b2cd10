/** The PassthroughDeviceClass, which offers devices of nodes under one resource name. */
@NullMarked
package dev.holdfast.api.deviceclass;

import org.jspecify.annotations.NullMarked;
