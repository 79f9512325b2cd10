@NullMarked
package dev.holdfast.agent.slice;

import org.jspecify.annotations.NullMarked;
