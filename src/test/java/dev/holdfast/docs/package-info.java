/** That the documentation agrees with itself and with the sources: links, commands, names. */
@NullMarked
package dev.holdfast.docs;

import org.jspecify.annotations.NullMarked;
