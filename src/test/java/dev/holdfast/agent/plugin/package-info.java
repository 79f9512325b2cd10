@NullMarked
package dev.holdfast.agent.plugin;

import org.jspecify.annotations.NullMarked;
