package dev.holdfast.plan.machine;

/** The time base of the guest's real-time clock. */
public sealed interface MachineClock {
    record Utc() implements MachineClock {}

    /** The local time of a zone of the tz database. */
    record Zone(String name) implements MachineClock {}
}
