package dev.holdfast.plan.machine;


/** What the guest's real-time clock shows. */
public sealed interface GuestClock {
    record Utc() implements GuestClock {}

    /** The local time of a zone of the tz database. */
    record Zone(String name) implements GuestClock {}
}
