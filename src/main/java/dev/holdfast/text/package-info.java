/** Text of others in texts of ours. */
@NullMarked
package dev.holdfast.text;

import org.jspecify.annotations.NullMarked;
