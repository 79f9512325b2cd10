/** The serial console of a VM on the user's terminal. */
@NullMarked
package dev.holdfast.user.console;

import org.jspecify.annotations.NullMarked;
