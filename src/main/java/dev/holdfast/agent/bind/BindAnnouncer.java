package dev.holdfast.agent.bind;

import dev.holdfast.telemetry.EventWriter;

/** Tells people what became of a group. Called once for each new outcome; must not block for long. */
@FunctionalInterface
public interface BindAnnouncer {
    void tell(EventWriter.Notice notice);
}
