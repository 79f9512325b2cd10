/** What the API server is told of a node. */
@NullMarked
package dev.holdfast.agent.report;

import org.jspecify.annotations.NullMarked;
