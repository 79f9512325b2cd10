/** Input and output of the commands: files, tables and JSON. */
@NullMarked
package dev.holdfast.cli;

import org.jspecify.annotations.NullMarked;
