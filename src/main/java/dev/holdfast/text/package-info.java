/** Texts shared by all programs: quoting of foreign text, root causes, keys of log lines. */
@NullMarked
package dev.holdfast.text;

import org.jspecify.annotations.NullMarked;
