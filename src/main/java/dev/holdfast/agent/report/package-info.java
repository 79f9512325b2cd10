/** Node report: the status of a PassthroughNode. */
@NullMarked
package dev.holdfast.agent.report;

import org.jspecify.annotations.NullMarked;
