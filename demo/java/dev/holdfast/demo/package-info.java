/** The demo: a VM gets a GPU on the virtual node, and what was observed is written down. */
@NullMarked
package dev.holdfast.demo;

import org.jspecify.annotations.NullMarked;
