package dev.holdfast.agent.bind;

import dev.holdfast.telemetry.EventWriter;

/** Announces outcomes to users. */
@FunctionalInterface
public interface BindAnnouncer {
    /** Announces a new outcome of a group. Called once for each; must not block for long. */
    void announce(EventWriter.Content content);
}
