package dev.holdfast.plan.machine;

/** What happens when the guest stops feeding its watchdog. */
public enum WatchdogTimer {
    /** There is no watchdog. */
    NONE,
    RESET,
    POWEROFF,
    SHUTDOWN
}
