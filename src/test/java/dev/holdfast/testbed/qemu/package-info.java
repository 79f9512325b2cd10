/** The machine's own QEMU under test, and fakes of its monitor. */
@NullMarked
package dev.holdfast.testbed.qemu;

import org.jspecify.annotations.NullMarked;
