@NullMarked
package dev.holdfast.agent.grant;

import org.jspecify.annotations.NullMarked;
