package dev.holdfast.plan.machine;

/** Action when the guest stops resetting its watchdog timer. */
public enum WatchdogTimer {
    /** There is no watchdog. */
    NONE,
    RESET,
    POWEROFF,
    SHUTDOWN
}
