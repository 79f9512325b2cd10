/** The DeviceClass of a PassthroughDeviceClass: what to do with it, and what to report. Pure. */
@NullMarked
package dev.holdfast.plan.deviceclass;

import org.jspecify.annotations.NullMarked;
