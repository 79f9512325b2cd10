@NullMarked
package dev.holdfast.agent.bind;

import org.jspecify.annotations.NullMarked;
