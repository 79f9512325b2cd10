@NullMarked
package dev.holdfast.agent.report;

import org.jspecify.annotations.NullMarked;
