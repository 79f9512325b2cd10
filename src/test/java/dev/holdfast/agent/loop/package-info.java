@NullMarked
package dev.holdfast.agent.loop;

import org.jspecify.annotations.NullMarked;
