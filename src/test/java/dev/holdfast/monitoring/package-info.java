/** Tests of {@code deploy/monitoring}: rules, scrape configuration and dashboard, with Debian's Prometheus. */
@NullMarked
package dev.holdfast.monitoring;

import org.jspecify.annotations.NullMarked;
