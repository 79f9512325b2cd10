@NullMarked
package dev.holdfast.agent.apiserver;

import org.jspecify.annotations.NullMarked;
