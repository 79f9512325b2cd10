/** Tests that the documentation is consistent, and agrees with the sources: links, commands, names. */
@NullMarked
package dev.holdfast.docs;

import org.jspecify.annotations.NullMarked;
