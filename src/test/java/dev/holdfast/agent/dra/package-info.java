@NullMarked
package dev.holdfast.agent.dra;

import org.jspecify.annotations.NullMarked;
