/** Input and output of the commands: files that users name, tables and JSON that they read. */
@NullMarked
package dev.holdfast.cli;

import org.jspecify.annotations.NullMarked;
