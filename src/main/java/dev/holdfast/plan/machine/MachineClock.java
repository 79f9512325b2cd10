package dev.holdfast.plan.machine;

/** What the guest's real-time clock shows. */
public sealed interface MachineClock {
    record Utc() implements MachineClock {}

    /** The local time of a zone of the tz database. */
    record Zone(String name) implements MachineClock {}
}
