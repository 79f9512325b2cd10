/** Draws the panels of the dashboard on a page, without Grafana. */
@NullMarked
package dev.holdfast.monitoring.page;

import org.jspecify.annotations.NullMarked;
